import type { Database, Identity } from '@granary/db';
import { pseudonymOf, type RowTextKind } from '@granary/domain';
import { CleanRowsFile } from '../pseudonyms/clean-rows-file.ts';
import { ReadError } from '../reading/read-error.ts';
import type { RecordTable } from '../reading/records/record-table.ts';
import { readInStreamProcess } from '../reading/stream/stream-process.ts';
import type { StreamCell, StreamMessage } from '../reading/stream/stream-protocol.ts';
import { readAskedRows, reasonAgainstText } from './asked-rows.ts';
import type { WantedReplay } from './find-replay.ts';
import { openAskedRow } from './open-asked-row.ts';
import { parseCells } from './parse-cells.ts';
import type { ReplayKeys } from './replay-keys.ts';
import { delimiterOf, withPseudonymsTableOf } from './sealed-tables.ts';
import type { RefusedRow, SpooledRows, TriedRow } from './spool-rows.ts';

interface SealedSpooling {
  readonly database: Database;
  readonly identity: Identity;
  readonly wanted: WantedReplay;
  readonly keys: ReplayKeys;
  readonly records: RecordTable;
  readonly signal: AbortSignal;
  /** Awaited after each part that was written: where a test looks. */
  onRows(): Promise<void>;
}

interface Sent extends TriedRow {
  /** What of its own text may stand in a column of pseudonyms. */
  readonly pseudonyms: ReadonlySet<string>;
}

/**
 * As `spoolRows`, of texts that are sealed: they are opened here, read in a process that gets them by a pipe, and written
 * when identifiers in them are replaced, as CSV. A text that has pseudonyms already may be corrected elsewhere; in their
 * place it keeps its own or none, because anything else could be what identifies people. Throws ReadError or DomainError.
 */
export async function spoolSealedRows(spooling: SealedSpooling, target: string): Promise<SpooledRows> {
  const { wanted, records } = spooling;
  const file = await CleanRowsFile.create(
    target,
    {
      delimiter: delimiterOf(wanted.file),
      columns: records.columns.length,
      identifiers: new Set(),
      replace: (value) => value,
      rowEnd: '\0',
    },
    null,
  );
  try {
    const ofFile = await spoolKind(spooling, 'file', records, file);
    const replaced = await spoolKind(spooling, 'pseudonyms', withPseudonymsTableOf(wanted.file, records), file);
    return {
      tried: [...ofFile.tried, ...replaced.tried],
      refused: [...ofFile.refused, ...replaced.refused],
    };
  } finally {
    await file.close();
  }
}

async function spoolKind(
  { database, identity, wanted, keys, signal, onRows }: SealedSpooling,
  kind: RowTextKind,
  records: RecordTable,
  file: CleanRowsFile,
): Promise<SpooledRows> {
  const sent: Sent[] = [];
  const tried: TriedRow[] = [];
  const refused: RefusedRow[] = [];
  const answered = new Set<number>();
  const texts = async function* () {
    for await (const row of readAskedRows(database, identity, wanted.replayId)) {
      const opened = openAskedRow(keys.file, row, wanted.versionId);
      if (opened.kind !== kind) continue;
      const { number, revision, isCorrected, reason } = row;
      const against = isCorrected ? null : reasonAgainstText(opened.text, reason);
      if (against !== null) {
        refused.push({ number, revision, reason: against, column: null });
        continue;
      }
      sent.push({ number, revision, pseudonyms: opened.pseudonyms });
      yield Buffer.from(`${opened.text}\0`);
    }
  };
  const identifiers = wanted.file.columns.flatMap(({ pseudonym }, index) => (pseudonym ? [index] : []));
  const sentAt = (position: number): Sent => {
    const row = sent[position - 1];
    if (!row || answered.has(position)) throw brokenWord();
    answered.add(position);
    return row;
  };
  const take = async (message: StreamMessage) => {
    if (message.type === 'unfit') {
      for (const { line, reason } of message.rows) {
        const { number, revision } = sentAt(line);
        refused.push({ number, revision, reason, column: null });
      }
    } else if (message.type === 'rows') {
      const clean: StreamCell[][] = [];
      for (const each of message.rows) {
        const [position, ...cells] = parseCells(each, records.columns.length + 1);
        const { number, revision, pseudonyms } = sentAt(Number(position));
        const unfit = kind === 'file' ? null : reasonAgainstPseudonyms(cells, identifiers, pseudonyms);
        if (unfit) {
          refused.push({ number, revision, reason: unfit.reason, column: records.columns[unfit.column]!.name });
          continue;
        }
        tried.push({ number, revision });
        clean.push(kind === 'file' ? replaced(cells, identifiers, keys) : cells);
      }
      await file.add(clean);
      await onRows();
    } else if (message.type === 'table') throw brokenWord();
  };
  const limits = {
    columns: records.columns.length,
    decodedBytes: 64 * 2 ** 30,
    recordBytes: 16 * 2 ** 20,
  };
  await readInStreamProcess(texts(), { overrides: {}, limits, records }, signal, take);
  if (answered.size !== sent.length) throw brokenWord();
  return { tried, refused };
}

const textOf = (cell: StreamCell): string | null => (typeof cell === 'string' || cell === null ? cell : cell[0]);

function replaced(
  cells: readonly StreamCell[],
  identifiers: readonly number[],
  { pseudonym }: ReplayKeys,
): StreamCell[] {
  const result = [...cells];
  for (const index of identifiers) {
    const text = textOf(result[index] ?? null);
    if (text !== null && !pseudonym) throw new Error('there is no key to replace identifiers with');
    result[index] = text === null || !pseudonym ? null : pseudonymOf(pseudonym, text);
  }
  return result;
}

function reasonAgainstPseudonyms(
  cells: readonly StreamCell[],
  identifiers: readonly number[],
  own: ReadonlySet<string>,
): { column: number; reason: string } | null {
  const column = identifiers.find((index) => {
    const text = textOf(cells[index] ?? null);
    return text !== null && text !== '' && !own.has(text);
  });
  return column === undefined
    ? null
    : { column, reason: 'it holds a pseudonym in this row, which can be left as it is or emptied' };
}

const brokenWord = (): ReadError =>
  new ReadError('crashed', 'The process that was reading the rows said what it may not say.');
