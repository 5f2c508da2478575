import { columnNames } from '../reading/column-names.ts';
import { ReadError } from '../reading/read-error.ts';

/**
 * Which columns, by position, are meant by the declared identifiers: by their names in the header, or by the legal names
 * made of these. Throws ReadError if one is missing: loading without it might load what identifies people. What the file's
 * columns are called is not repeated, since a file without a header has values there.
 */
export function identifierColumns(names: readonly string[], identifiers: readonly string[]): ReadonlySet<number> {
  const legal = columnNames(names);
  const found = identifiers.map((identifier) => ({
    identifier,
    columns: names.flatMap((name, index) => (name === identifier || legal[index] === identifier ? [index] : [])),
  }));
  const missing = found
    .filter(({ columns }) => columns.length === 0)
    .map(({ identifier }) => JSON.stringify(identifier));
  if (missing.length > 0)
    throw new ReadError(
      'unsupported',
      `The file has no column ${missing.join(' or ')}, which the dataset declares as identifying people. Nothing was loaded. If the column is called otherwise, declare that name; if the first line is no header, say whether there is one.`,
    );
  return new Set(found.flatMap(({ columns }) => columns));
}
