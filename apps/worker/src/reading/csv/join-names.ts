import type { LeadingRow } from './leading-rows.ts';

/**
 * Names out of several header rows, joined by a blank. In all of them but the last, a cell without text belongs to the one
 * before it, as where cells of a sheet were merged.
 *
 * @example // ',2019,,2020,' over 'region,men,women,men,women'
 * // → region, 2019 men, 2019 women, 2020 men, 2020 women
 */
export function joinNames(header: readonly LeadingRow[], width: number): string[] {
  const filled = header.map(({ cells }, index) => {
    let last = '';
    return Array.from({ length: width }, (_, column) => {
      const cell = (cells[column] ?? '').trim();
      if (cell !== '' || index === header.length - 1) last = cell;
      return last;
    });
  });
  return Array.from({ length: width }, (_, column) =>
    filled
      .map((names) => names[column] ?? '')
      .filter((name, index, all) => name !== '' && name !== all[index - 1])
      .join(' '),
  );
}
