import { formatCount } from './table.ts';

/** `1.4 MB`: powers of 1000, one digit behind the point from kB on. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Seconds since `start`, a value of performance.now(), to the hundredth. */
export const secondsSince = (start: number): number => Math.round((performance.now() - start) / 10) / 100;

/** `[#####.....]  50 %`; an unknown or empty total counts as nothing done. */
export function formatBar(done: number, total: number, width = 24): string {
  const share = total > 0 ? Math.min(Math.max(done / total, 0), 1) : 0;
  const filled = Math.floor(share * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
