import { type DialectOverrides, dialectOverrides } from '../reading/inspection.ts';
import { ReadError } from '../reading/read-error.ts';

/** What is settled when the bytes are read, and what when the rows are typed, which then hold pseudonyms. */
const ofBytes = [
  'encoding',
  'delimiter',
  'quote',
  'escape',
  'skipInitialSpace',
  'hasHeader',
  'headerRows',
  'skipLines',
  'widths',
  'names',
];
const ofRows = ['types', 'columns', 'nullValues', 'dateOrder', 'decimalSeparator'];
const elsewhere = ['keepOriginal'];

/**
 * Parts what the user says of a file between its two readings. Throws ReadError for what the first one cannot do, rather
 * than let it pass in silence.
 */
export function splitOptions(options: object): { bytes: DialectOverrides; rows: DialectOverrides } {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  const known = new Set([...ofBytes, ...ofRows, ...elsewhere]);
  const unknown = said.filter(([name]) => !known.has(name)).map(([name]) => name);
  if (unknown.length > 0)
    throw new ReadError(
      'unsupported',
      `For a dataset with direct identifiers there is no option ${unknown.join(' or ')}.`,
    );
  const pick = (names: readonly string[]) =>
    dialectOverrides.parse(Object.fromEntries(said.filter(([name]) => names.includes(name))));
  return { bytes: pick(ofBytes), rows: pick(ofRows) };
}
