import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openCopyStream } from './copy-stream.ts';
import type { DialectOverrides, Inspection, QuarantinedRow } from './inspection.ts';
import type { Message, Phase } from './protocol.ts';
import { readQuarantine } from './quarantine-file.ts';
import { ReadError } from './read-error.ts';
import { ReaderProcess } from './reader-process.ts';
import type { RecordTable } from './records/record-table.ts';

export interface ReadRequest {
  readonly path: string;
  readonly fileName: string;
  /** An empty folder for this file alone. It is the caller's to remove, after `close`. */
  readonly workDirectory: string;
  readonly overrides?: DialectOverrides | undefined;
  /** Keep what is needed to locate clean rows. Default: false. */
  readonly keepText?: boolean | undefined;
  /** The file holds single rows, each ended by NUL, of a table that is known: the line of a quarantined one is its position. */
  readonly records?: RecordTable | undefined;
  readonly maxColumns: number;
  /** After unpacking. Default: 64 GiB. */
  readonly maxDecodedBytes?: number | undefined;
  /** Longer rows go to quarantine. Default: 16 MiB. */
  readonly maxRowBytes?: number | undefined;
  readonly signal: AbortSignal;
  onProgress(progress: { phase: Phase; bytes: number; totalBytes: number }): void;
}

export type LocatedRow = Pick<QuarantinedRow, 'line' | 'byteOffset' | 'raw'>;

/** A file that was looked at as a whole, and can now be read. Its methods need no `this`. */
export interface FileReader {
  readonly inspection: Inspection;
  /** The rows that do not fit, in the order of the file, one in memory at a time. */
  quarantine(): AsyncIterable<QuarantinedRow>;
  /**
   * These columns of all clean rows, in the order of the file, as CSV for `copy … from stdin (format csv)`: NULL bare, the
   * empty string quoted. The stream ends only if every row is in it, and fails otherwise; `done` says the same and how many
   * rows there were: commit nothing before it has resolved. One copy at a time, and of no more columns than a table of Postgres
   * can have: a copy of many thousands at once needs more memory than the process is given.
   */
  copyCsv(columns: readonly string[]): { stream: Readable; done: Promise<{ rows: number }> };
  /**
   * For a table that is copied in parts of so many columns, one after the other: reads it once for all of them. Afterwards
   * `copyCsv` takes the columns of one part, or some of them.
   */
  split(sizes: readonly number[]): Promise<void>;
  /** Clean rows, by their numbers from 1 and in that order, as they stand in the file. Needs `keepText`. */
  locate(rows: readonly number[]): Promise<LocatedRow[]>;
  /** Ends the reading process and whatever it is doing. */
  close(): Promise<void>;
}

/**
 * Finds out everything about a file, in a process of its own: format, encoding, dialect, the types of its columns over all
 * of its rows, and which rows do not fit. Throws ReadError with a message for the user, or the signal's reason.
 *
 * @example
 * const reader = await openReader({ path, fileName, workDirectory, maxColumns: 20_000, signal, onProgress });
 * const { stream, done } = reader.copyCsv(reader.inspection.columns.map(({ name }) => name));
 * await Promise.all([pipeline(stream, client.query(copyFrom('copy t from stdin (format csv)'))), done]);
 */
export async function openReader(request: ReadRequest): Promise<FileReader> {
  const { signal, workDirectory } = request;
  signal.throwIfAborted();
  const child = new ReaderProcess();
  const onAbort = () => void child.kill();
  signal.addEventListener('abort', onAbort);
  const close = async () => {
    signal.removeEventListener('abort', onAbort);
    await child.kill();
  };
  /** Waits for the child's answer, or its end. */
  const answer = async <M extends Message>(choose: (message: Message) => M | null): Promise<M> => {
    const { promise, resolve } = Promise.withResolvers<M>();
    const stop = child.listen((message) => {
      const chosen = choose(message);
      if (chosen) resolve(chosen);
    });
    try {
      return await Promise.race([promise, child.death]);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      stop();
    }
  };

  try {
    const inspection = await inspect(request, child, answer);
    let copies = 0;
    return {
      inspection,
      close,
      locate: (rows) => locate(rows, workDirectory, child, answer),
      quarantine: () => quarantineOf(workDirectory, inspection),
      split: (sizes) => split(sizes, child, answer),
      copyCsv: (columns) => {
        const stream = new PassThrough({ highWaterMark: 1 << 22 });
        stream.on('error', () => {}); // whoever reads it hears of it, and so does who waits for `done`
        const id = ++copies;
        const done = copy({ id, columns, stream, workDirectory, inspection }, child, answer);
        done.catch(() => {});
        return { stream, done };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Answer = <M extends Message>(choose: (message: Message) => M | null) => Promise<M>;

async function inspect(request: ReadRequest, child: ReaderProcess, answer: Answer): Promise<Inspection> {
  const stopProgress = child.listen((message) => {
    if (message.type === 'progress') request.onProgress(message);
  });
  try {
    const answered = answer((message) =>
      message.type === 'inspected' || message.type === 'inspectionFailed' ? message : null,
    );
    child.send({
      type: 'inspect',
      path: path.resolve(request.path),
      fileName: request.fileName,
      workDirectory: path.resolve(request.workDirectory),
      overrides: request.overrides ?? {},
      keepText: request.keepText ?? false,
      records: request.records,
      limits: {
        columns: request.maxColumns,
        decodedBytes: request.maxDecodedBytes ?? 64 * 2 ** 30,
        recordBytes: request.maxRowBytes ?? 16 * 2 ** 20,
      },
    });
    const message = await answered;
    if (message.type === 'inspectionFailed') throw toError(message.failure);
    return message.inspection;
  } finally {
    stopProgress();
  }
}

async function split(sizes: readonly number[], child: ReaderProcess, answer: Answer): Promise<void> {
  const answered = answer((message) => (message.type === 'split' || message.type === 'splitFailed' ? message : null));
  child.send({ type: 'split', sizes: [...sizes] });
  const message = await answered;
  if (message.type === 'splitFailed') throw toError(message.failure);
}

async function locate(
  rows: readonly number[],
  workDirectory: string,
  child: ReaderProcess,
  answer: Answer,
): Promise<LocatedRow[]> {
  const answered = answer((message) =>
    message.type === 'located' || message.type === 'locateFailed' ? message : null,
  );
  child.send({ type: 'locate', rows: [...rows] });
  const message = await answered;
  if (message.type === 'locateFailed') throw toError(message.failure);
  const found: LocatedRow[] = [];
  for await (const { line, byteOffset, raw } of readQuarantine(workDirectory, 'located'))
    found.push({ line, byteOffset, raw });
  if (found.length !== rows.length) throw rowsMissing(found.length, rows.length);
  return found;
}

interface Copy {
  readonly id: number;
  readonly columns: readonly string[];
  readonly stream: PassThrough;
  readonly workDirectory: string;
  readonly inspection: Inspection;
}

async function copy({ id, columns, stream, workDirectory, inspection }: Copy, child: ReaderProcess, answer: Answer) {
  try {
    const fifo = path.join(path.resolve(workDirectory), `copy-${id}.fifo`);
    const source = await openCopyStream(fifo);
    const flowed = pipeline(source.stream, stream);
    try {
      const answered = answer((message) =>
        (message.type === 'copied' || message.type === 'copyFailed') && message.id === id ? message : null,
      );
      child.send({ type: 'copy', id, columns: [...columns], fifo });
      // the stream can only end before the answer by being given up by its reader
      const message = await Promise.race([
        answered,
        flowed.then(() => Promise.reject(new Error('the copy ended early'))),
      ]);
      if (message.type === 'copyFailed') throw toError(message.failure);
      const { rows } = message;
      if (rows !== inspection.cleanRows) throw rowsMissing(rows, inspection.cleanRows);
      source.end();
      await flowed;
      return { rows };
    } catch (error) {
      source.fail(error instanceof Error ? error : new Error(String(error)));
      await flowed.catch(() => {});
      throw error;
    }
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    // it may still be writing, to a pipe that nobody reads
    await child.kill();
    throw error;
  }
}

function rowsMissing(rows: number, cleanRows: number): ReadError {
  return new ReadError('crashed', `The rows do not add up: ${cleanRows} were to be loaded, and ${rows} came.`, {
    rows,
    cleanRows,
  });
}

function toError({ kind, message, details }: Extract<Message, { type: 'copyFailed' }>['failure']): ReadError {
  return new ReadError(kind, message, details);
}

async function* quarantineOf(workDirectory: string, { quarantinedRows }: Inspection): AsyncGenerator<QuarantinedRow> {
  if (quarantinedRows === 0) return;
  let rows = 0;
  for await (const row of readQuarantine(workDirectory)) {
    rows++;
    yield row;
  }
  if (rows !== quarantinedRows) {
    throw new ReadError('crashed', `The rows do not add up: ${quarantinedRows} are in quarantine, and ${rows} came.`);
  }
}
