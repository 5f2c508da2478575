import type { Quantity } from '../plugin-facts.ts';

const units: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['bytes', 1],
  ['kib', 1 << 10],
  ['mib', 1 << 20],
  ['gib', 1 << 30],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
]);

/** "113KiB", "1.34MiB", "1,5 MB" in bytes. Everything but bytes was rounded, so that the truth may be more. */
export function readSize(text: string): Quantity | null {
  const found = /^\s{0,9}(\d{1,9}(?:[.,]\d{1,3})?)\s{0,2}([a-z]{1,5})\s{0,9}$/i.exec(text);
  const unit = units.get(found?.[2]?.toLowerCase() ?? '');
  if (found?.[1] === undefined || unit === undefined) return null;
  const value = Math.round(Number(found[1].replace(',', '.')) * unit);
  return { value, bound: unit === 1 ? 'exact' : 'at_least' };
}
