import type { HeadColumn } from '../load/delivery.ts';
import { columnNames } from '../reading/column-names.ts';
import { ReadError } from '../reading/read-error.ts';

/**
 * Which columns, by position, are meant by the declared identifiers: by their names in the header, or by the legal names
 * made of these. Throws ReadError if one is missing: loading without it might load what identifies people. What the file's
 * columns are called is not repeated, since a file without a header has values there. A file whose columns are all among those
 * of the version that it goes into (`head`) may leave some out: none of it can be an identifier by another name.
 */
export function identifierColumns(
  names: readonly string[],
  identifiers: readonly string[],
  head: ReadonlyMap<string, Pick<HeadColumn, 'holdsPseudonyms'>> = new Map(),
): ReadonlySet<number> {
  const legal = columnNames(names);
  const found = identifiers.map((identifier) => ({
    identifier,
    columns: names.flatMap((name, index) => (name === identifier || legal[index] === identifier ? [index] : [])),
  }));
  const missing = found
    .filter(({ columns }) => columns.length === 0)
    .map(({ identifier }) => JSON.stringify(identifier));
  if (missing.length > 0 && !legal.every((name) => head.has(name)))
    throw new ReadError(
      'unsupported',
      `The file has no column ${missing.join(' or ')}, which the dataset declares as identifying people. Nothing was loaded. If the column is called otherwise, declare that name; if the first line is no header, say whether there is one.`,
    );
  // whatever the header calls it: a raw value must not come beside pseudonyms
  const held = legal.flatMap((name, index) => (head.get(name)?.holdsPseudonyms ? [index] : []));
  return new Set([...found.flatMap(({ columns }) => columns), ...held]);
}
