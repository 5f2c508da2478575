import type { ColumnType } from '../datasets/column-types.ts';

/**
 * Rows as JSON Lines (jsonlines.org): an object a line, with the columns' names as keys and a key for every column. Numbers
 * are JSON numbers with all their digits, also those that no double holds: a reader that needs them exact must not parse
 * them into doubles. What JSON has no number for (NaN, the infinities) is a string with Postgres' word for it; dates, times
 * and uuids are strings, JSON is itself.
 */
export function jsonLines(
  rows: readonly (readonly (string | null)[])[],
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): string {
  const keys = columns.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  let text = '';
  for (const row of rows) {
    for (const [at, { type }] of columns.entries()) text += (keys[at] ?? '') + jsonValue(type, row[at] ?? null);
    text += '}\n';
  }
  return text;
}

/** A cell as it was exported (exportedText). */
function jsonValue(type: ColumnType, text: string | null): string {
  if (text === null) return 'null';
  switch (type) {
    case 'boolean':
    case 'bigint':
    case 'jsonb':
      return text;
    case 'double precision':
    case 'numeric':
      return text.endsWith('N') || text.endsWith('y') ? `"${text}"` : text;
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'uuid':
    case 'text':
      return JSON.stringify(text);
  }
}
