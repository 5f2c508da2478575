import { openAdjusted, reasonsOf } from '../load/open-adjusted.ts';
import { columnNames } from '../reading/column-names.ts';
import type { DialectOverrides, InspectedColumn, Inspection } from '../reading/inspection.ts';
import { ReadError } from '../reading/read-error.ts';
import type { FileReader } from '../reading/reader.ts';
import { withoutValue } from '../reading/typing/misfit-reason.ts';
import type { LoadKeys } from './load-keys.ts';
import { type FirstPass, type PseudonymisedRequest, readSealed } from './read-sealed.ts';
import { splitOptions } from './split-options.ts';

/**
 * A reader of a sealed file in which the values of identifying columns are replaced. A first pass decrypts the stored bytes
 * into the pipe of a reading process, which gives its records back by another one; here the identifiers are replaced, and
 * only then are rows written, to the work folder, for the ordinary reader. Rows that do not fit are sealed before they
 * are written. Throws ReadError.
 */
export async function openPseudonymised(request: PseudonymisedRequest): Promise<FileReader> {
  const { options, keys, workDirectory, maxColumns, signal, onProgress, fileName, keepText } = request;
  const said = splitOptions(options);
  const first = await readSealed(request, said.bytes);
  const { table } = first;
  refuseOtherTypes(said.rows, first);
  const jsonTypes = typesOfJson(first, said.rows);
  const overrides: DialectOverrides = {
    ...said.rows,
    types: { ...jsonTypes, ...said.rows.types },
    delimiter: table.delimiter,
    quote: '"',
    escape: '"',
    encoding: 'utf-8',
    hasHeader: table.hasHeader,
    skipLines: 0,
  };
  const reader = await openAdjusted(
    { path: first.path, fileName, workDirectory, maxColumns, signal, onProgress, keepText, overrides },
    (columns) => request.adjustTypes(withPseudonyms(columns, first, keys)),
  );
  try {
    const inspection = combine(first, reader.inspection, jsonTypes, keys);
    const locate: FileReader['locate'] = async (rows) =>
      (await reader.locate(rows)).map((row) => first.quarantine.sealed(row));
    return { ...reader, inspection, locate, quarantine: () => quarantineOf(first, reader) };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** Every row would be set apart for a value that it does not hold any more. */
function refuseOtherTypes({ types = {} }: DialectOverrides, { table, identifiers }: FirstPass): void {
  const legal = columnNames(table.names);
  const isIdentifier = (name: string) =>
    [...identifiers].some((index) => table.names[index] === name || legal[index] === name);
  const wrong = Object.entries(types).find(([name, type]) => type !== 'text' && isIdentifier(name));
  if (wrong) throw new ReadError('bad_options', `The column ${wrong[0]} holds pseudonyms, which are text.`);
}

function combine(first: FirstPass, second: Inspection, jsonTypes: JsonTypes, keys: LoadKeys): Inspection {
  const { end, table, identifiers } = first;
  if (second.inputRows !== end.cleanRows)
    throw new ReadError(
      'crashed',
      `The rows do not add up: ${end.cleanRows} fit, and ${second.inputRows} were read again.`,
    );
  const columns = withPseudonyms(reasonsOf(second.columns, jsonTypes, 'the JSON'), first, keys);
  const lines = second.quarantinedRows > 0 || columns.some(({ evidence }) => evidence.misfits.length > 0);
  return {
    ...second,
    format: end.format,
    columns,
    dialect: end.dialect,
    container: end.container,
    encoding: end.encoding,
    bom: end.bom,
    offsetsIn: end.container === null && end.encoding === 'utf-8' ? 'file' : 'decoded text',
    inputRows: end.inputRows,
    quarantinedRows: end.unfitRows + second.quarantinedRows,
    notes: [
      ...end.notes,
      `${identifiers.size} ${identifiers.size === 1 ? 'column holds' : 'columns hold'} pseudonyms instead of what stands in the file.`,
      ...(lines
        ? [
            `Lines of counter-examples count the ${table.hasHeader ? 'header and the ' : ''}rows that fit their columns.`,
          ]
        : []),
    ],
  };
}

type JsonTypes = Readonly<Record<string, 'text' | 'jsonb'>>;

/** What JSON itself says of the types of columns of which the user says nothing: pseudonyms are text in any case. */
function typesOfJson({ keys, identifiers }: FirstPass, { types: said = {} }: DialectOverrides): JsonTypes {
  const originals = keys?.map(({ name }) => name) ?? [];
  return Object.fromEntries(
    columnNames(originals).flatMap((name, index) => {
      const type = keys?.[index]?.type ?? null;
      const isSaid = Object.hasOwn(said, name) || Object.hasOwn(said, originals[index]!);
      return type === null || isSaid || identifiers.has(index) ? [] : [[name, type] as const];
    }),
  );
}

/** The columns as they are once the values of some were replaced. */
function withPseudonyms(
  columns: readonly InspectedColumn[],
  { identifiers }: FirstPass,
  { pseudonym }: LoadKeys,
): InspectedColumn[] {
  return columns.map((column, index) => {
    if (!identifiers.has(index)) return column;
    if (column.type !== 'text' && column.evidence.values > 0)
      throw new ReadError('unsupported', `The column ${column.name} holds pseudonyms, which are text.`);
    const reason = `Its values are pseudonyms, made by version ${pseudonym.version} of the organization's pseudonym key.`;
    const evidence = { ...column.evidence, reason, pseudonym: { keyId: pseudonym.id, keyVersion: pseudonym.version } };
    return { ...column, type: 'text', evidence };
  });
}

async function* quarantineOf({ quarantine }: FirstPass, second: FileReader) {
  yield* quarantine.read();
  for await (const row of second.quarantine()) yield quarantine.sealed({ ...row, reason: withoutValue(row.reason) });
}
