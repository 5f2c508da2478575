import type { WorkbookParts } from './workbook-parts.ts';

/** What a number in a cell is, by how it is shown. */
export type NumberKind = 'number' | 'date' | 'time' | 'timestamp' | 'duration';

/** Formats that every workbook has without saying so (ECMA-376 part 1, 18.8.30), those of East Asia included. */
const builtIn: ReadonlyMap<number, NumberKind> = new Map([
  ...[14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58].map((id) => [id, 'date'] as const),
  ...[18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56].map((id) => [id, 'time'] as const),
  [22, 'timestamp'],
  [46, 'duration'],
]);

/**
 * What a format code shows: `yyyy-mm-dd` a date, `h:mm` a time, `[h]:mm` a duration. An m is a minute beside an h or s.
 *
 * @example numberKind('[$-409]d. mmm yyyy;@') // 'date'
 */
export function numberKind(format: string): NumberKind {
  const [positive = ''] = format.replace(/"[^"]*"|\\.|_.|\*./g, '').split(';');
  if (/\[(h+|m+|s+)\]/i.test(positive)) return 'duration';
  // colours, conditions, locales
  const codes = positive
    .replace(/\[[^\]]*\]/g, '')
    .replace(/general/gi, '')
    .toLowerCase();
  const hasDate = /[yd]|g{1,3}|e/.test(codes.replace(/[0#?.,]e[+-]/g, ''));
  const hasTime = /[hs]|am\/pm|a\/p/.test(codes);
  if (hasDate) return hasTime ? 'timestamp' : 'date';
  if (hasTime) return 'time';
  return /m/.test(codes) ? 'date' : 'number';
}

/** Excel's own limit is 255 characters; the patterns above are not made for thousands. */
const maxFormat = 1000;

/** By the number of a cell's style. */
export async function readNumberFormats(parts: WorkbookParts, part: string | null): Promise<readonly NumberKind[]> {
  const custom = new Map<number, NumberKind>();
  const ids: number[] = [];
  let inCellFormats = false;
  if (part !== null) {
    await parts.parseSmall(part, {
      open: (name, attributes) => {
        if (name === 'numFmt')
          custom.set(Number(attributes.numFmtId), numberKind((attributes.formatCode ?? '').slice(0, maxFormat)));
        else if (name === 'cellXfs') inCellFormats = true;
        else if (name === 'xf' && inCellFormats) ids.push(Number(attributes.numFmtId ?? 0));
      },
      close: (name) => {
        if (name === 'cellXfs') inCellFormats = false;
      },
    });
  }
  return ids.map((id) => custom.get(id) ?? builtIn.get(id) ?? 'number');
}
