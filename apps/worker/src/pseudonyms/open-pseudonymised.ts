import path from 'node:path';
import { type ObjectKey, type ObjectStore, pseudonymOf, type ReadingOptions, sealRowText } from '@granary/domain';
import type { HeadColumn } from '../load/delivery.ts';
import { type AdjustTypes, openAdjusted } from '../load/open-adjusted.ts';
import { columnNames } from '../reading/column-names.ts';
import type { DialectOverrides, InspectedColumn, Inspection } from '../reading/inspection.ts';
import { ReadError } from '../reading/read-error.ts';
import type { FileReader, ReadRequest } from '../reading/reader.ts';
import { readInStreamProcess } from '../reading/stream/stream-process.ts';
import type { StreamEnd, StreamTable } from '../reading/stream/stream-protocol.ts';
import { CleanRowsFile } from './clean-rows-file.ts';
import { identifierColumns } from './identifier-columns.ts';
import type { LoadKeys } from './load-keys.ts';
import { SealedQuarantine } from './sealed-quarantine.ts';
import { splitOptions } from './split-options.ts';
import { openSealedBytes, verifyStored } from './stored-bytes.ts';

export interface PseudonymisedRequest extends Omit<ReadRequest, 'path' | 'overrides'> {
  readonly store: ObjectStore;
  readonly original: ObjectKey;
  readonly versionId: string;
  readonly identifiers: readonly string[];
  /** Of the version that the rows go into; empty where they replace it. */
  readonly headColumns: ReadonlyMap<string, HeadColumn>;
  readonly options: ReadingOptions;
  readonly keys: LoadKeys;
  readonly adjustTypes: AdjustTypes;
  onStreamed(bytes: number): void;
  /** Awaited after each part that was written: where a test looks. */
  onRows(): Promise<void>;
}

interface FoundTable {
  readonly table: StreamTable;
  readonly identifiers: ReadonlySet<number>;
  readonly rows: CleanRowsFile;
}

interface FirstPass {
  readonly path: string;
  readonly table: StreamTable;
  readonly identifiers: ReadonlySet<number>;
  readonly end: StreamEnd;
  readonly quarantine: SealedQuarantine;
}

/**
 * A reader of a sealed file in which the values of identifying columns are replaced. A first pass decrypts the stored bytes
 * into the pipe of a reading process, which gives its records back by another one; here the identifiers are replaced, and
 * only then are rows written, to the work folder, for the ordinary reader. Rows that do not fit are sealed before they
 * are written. Throws ReadError.
 */
export async function openPseudonymised(request: PseudonymisedRequest): Promise<FileReader> {
  const { options, keys, workDirectory, maxColumns, signal, onProgress, fileName, keepText } = request;
  const said = splitOptions(options);
  const first = await readOnce(request, said.bytes);
  const { table } = first;
  refuseOtherTypes(said.rows, first);
  const overrides: DialectOverrides = {
    ...said.rows,
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
    const inspection = combine(first, reader.inspection, keys);
    const locate: FileReader['locate'] = async (rows) =>
      (await reader.locate(rows)).map((row) => first.quarantine.sealed(row));
    return { ...reader, inspection, locate, quarantine: () => quarantineOf(first, reader) };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function readOnce(request: PseudonymisedRequest, overrides: DialectOverrides): Promise<FirstPass> {
  const { store, original, versionId, options, keys, workDirectory, maxColumns, signal } = request;
  const rowsPath = path.join(workDirectory, 'pseudonymised.csv');
  // without an original there is no key that the text could be read by again
  const seal = (raw: string, byteOffset: number) =>
    options.keepOriginal === false ? '' : sealRowText(keys.file, raw, { versionId, byteOffset });
  const quarantine = await SealedQuarantine.create(path.join(workDirectory, 'sealed-quarantine.jsonl'), seal);
  const taken: { found: FoundTable | null } = { found: null };
  const limits = { columns: maxColumns, decodedBytes: 64 * 2 ** 30, recordBytes: request.maxRowBytes ?? 16 * 2 ** 20 };
  try {
    const bytes = openSealedBytes(store, original, keys.file.bytes, request.onStreamed);
    const end = await readInStreamProcess(bytes, { overrides, limits }, signal, async (message) => {
      if (message.type === 'table') {
        if (taken.found) throw brokenWord();
        const { names, delimiter, hasHeader } = message;
        const identifiers = identifierColumns(names, request.identifiers, request.headColumns);
        const replace = (value: string) => pseudonymOf(keys.pseudonym.key, value);
        const rows = await CleanRowsFile.create(
          rowsPath,
          { delimiter, columns: names.length, identifiers, replace },
          hasHeader ? names : null,
        );
        taken.found = { table: message, identifiers, rows };
      } else if (message.type === 'rows') {
        if (!taken.found) throw brokenWord();
        await taken.found.rows.add(message.rows);
        await request.onRows();
      } else if (message.type === 'unfit') {
        await quarantine.add(message.rows);
        await request.onRows();
      }
    });
    const { table, identifiers, rows } = taken.found ?? notFound();
    if (
      rows.rows !== end.cleanRows ||
      quarantine.rows !== end.unfitRows ||
      end.inputRows !== rows.rows + quarantine.rows
    )
      throw new ReadError(
        'crashed',
        `The rows do not add up: ${end.inputRows} were read, ${rows.rows} fit and ${quarantine.rows} do not.`,
      );
    return { path: rowsPath, table, identifiers, end, quarantine };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) await verifyStored(store, original); // then the file is not to blame
    throw error;
  } finally {
    await quarantine.close();
    await taken.found?.rows.close();
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

const brokenWord = (): ReadError => new ReadError('crashed', 'The process that was reading the file broke its word.');
function notFound(): never {
  throw brokenWord();
}

function combine(first: FirstPass, second: Inspection, keys: LoadKeys): Inspection {
  const { end, table, identifiers } = first;
  if (second.inputRows !== end.cleanRows)
    throw new ReadError(
      'crashed',
      `The rows do not add up: ${end.cleanRows} fit, and ${second.inputRows} were read again.`,
    );
  const columns = withPseudonyms(second.columns, first, keys);
  const lines = second.quarantinedRows > 0 || columns.some(({ evidence }) => evidence.misfits.length > 0);
  return {
    ...second,
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
  for await (const row of second.quarantine()) yield quarantine.sealed(row);
}
