import type { DialectOverrides, Inspection } from './inspection.ts';
import { ReadError } from './read-error.ts';

type Option = keyof DialectOverrides;

/** Whatever the format, there are columns; and whether there is an archive is asked where one is unpacked. */
const everywhere: readonly Option[] = ['types', 'columns', 'nullValues', 'dateOrder', 'decimalSeparator', 'entry'];
const rows: readonly Option[] = ['hasHeader', 'headerRows', 'names', 'skipLines', 'skipFooterLines', 'table'];
const lines: readonly Option[] = [...rows, 'encoding', 'comment', 'ragged'];

const applicable = {
  csv: [...lines, 'delimiter', 'quote', 'escape', 'skipInitialSpace'],
  fixed: [...lines.filter((option) => option !== 'table'), 'widths'],
  json: ['encoding', 'path'],
  jsonl: ['encoding'],
  parquet: [],
  xlsx: [...rows, 'sheet'],
} as const satisfies Record<Inspection['format'], readonly Option[]>;

const called = {
  csv: 'delimited text',
  fixed: 'a file of fixed width',
  json: 'JSON',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
  xlsx: 'an Excel workbook',
} as const satisfies Record<Inspection['format'], string>;

/** Throws ReadError `bad_options` for options that say nothing of a file of this format: they would be passed over in silence. */
export function requireApplicable(format: Inspection['format'], overrides: DialectOverrides): void {
  const known = new Set<string>([...everywhere, ...applicable[format]]);
  const options = Object.entries(overrides)
    .filter(([name, value]) => value !== undefined && !known.has(name))
    .map(([name]) => name);
  if (options.length === 0) return;
  const which = options.length === 1 ? `The option ${options[0]} does` : `The options ${options.join(' and ')} do`;
  throw new ReadError('bad_options', `${which} not apply to ${called[format]}, which this file is.`, {
    options,
    format,
  });
}
