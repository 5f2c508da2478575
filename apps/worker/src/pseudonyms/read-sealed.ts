import path from 'node:path';
import {
  type ObjectKey,
  type ObjectStore,
  pseudonymOf,
  type ReadingOptions,
  type RowTextKind,
  sealRowText,
} from '@granary/domain';
import type { HeadColumn } from '../load/delivery.ts';
import type { AdjustTypes } from '../load/open-adjusted.ts';
import type { DialectOverrides } from '../reading/inspection.ts';
import { ReadError } from '../reading/read-error.ts';
import type { ReadRequest } from '../reading/reader.ts';
import { readInStreamProcess } from '../reading/stream/stream-process.ts';
import type { JsonKey, StreamEnd, StreamMessage, StreamTable } from '../reading/stream/stream-protocol.ts';
import { CleanRowsFile } from './clean-rows-file.ts';
import { identifierColumns } from './identifier-columns.ts';
import type { LoadKeys } from './load-keys.ts';
import { SealedQuarantine } from './sealed-quarantine.ts';
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

export interface FirstPass {
  readonly path: string;
  readonly table: StreamTable;
  readonly identifiers: ReadonlySet<number>;
  readonly end: StreamEnd;
  readonly quarantine: SealedQuarantine;
  /** Of JSON Lines. */
  readonly keys: StreamEnd['keys'];
}

/**
 * Replaces identifiers in the records of a sealed file, and writes the rows that fit to the work folder; those that do not are
 * sealed before they are written. A JSON Lines file is read twice: which columns there are is known only at its end. Throws
 * ReadError.
 */
export async function readSealed(request: PseudonymisedRequest, overrides: DialectOverrides): Promise<FirstPass> {
  const { store, original, versionId, options, keys, workDirectory, maxColumns, signal } = request;
  const rowsPath = path.join(workDirectory, 'pseudonymised.csv');
  // without an original there is no key that the text could be read by again
  const seal = (raw: string, byteOffset: number, kind: RowTextKind) =>
    options.keepOriginal === false ? '' : sealRowText(keys.file, raw, { versionId, byteOffset, kind });
  const quarantine = await SealedQuarantine.create(path.join(workDirectory, 'sealed-quarantine.jsonl'), seal);
  const identifiersAmong = (names: readonly string[]) =>
    identifierColumns(names, request.identifiers, request.headColumns);
  const taken: { found: FoundTable | null } = { found: null };
  const limits = { columns: maxColumns, decodedBytes: 64 * 2 ** 30, recordBytes: request.maxRowBytes ?? 16 * 2 ** 20 };
  try {
    const take = async (message: StreamMessage) => {
      if (message.type === 'table') {
        if (taken.found) throw brokenWord();
        const { names, delimiter, hasHeader } = message;
        const identifiers = identifiersAmong(names);
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
    };
    const read = (known?: JsonKey[]) => {
      const bytes = openSealedBytes(store, original, keys.file.bytes, request.onStreamed);
      return readInStreamProcess(bytes, { overrides, limits, keys: known }, signal, take);
    };
    const once = await read();
    const end = once.keys
      ? await read(withoutTypes(once.keys, identifiersAmong(once.keys.map(({ name }) => name))))
      : once;
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
    return { path: rowsPath, table, identifiers, end, quarantine, keys: once.keys };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) await verifyStored(store, original); // then the file is not to blame
    throw error;
  } finally {
    await quarantine.close();
    await taken.found?.rows.close();
  }
}

/** An identifier is the text of a value, also in a column of nested ones: it links to what other files call by it. */
const withoutTypes = (keys: readonly JsonKey[], identifiers: ReadonlySet<number>): JsonKey[] =>
  keys.map((key, index) => (identifiers.has(index) ? { ...key, type: null } : key));

const brokenWord = (): ReadError => new ReadError('crashed', 'The process that was reading the file broke its word.');
function notFound(): never {
  throw brokenWord();
}
