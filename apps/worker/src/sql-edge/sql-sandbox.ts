import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ColumnType } from '@granary/domain/column-types';
import { openCopyStream } from '../reading/copy-stream.ts';
import { openFifoSink } from '../writing/fifo-sink.ts';
import type { Flow } from '../writing/writer.ts';
import { confine, watchMemory } from './confine.ts';
import type { SandboxLimits } from './limits.ts';
import type { SandboxMessage, SandboxRequest, Selected } from './protocol.ts';
import { prepareSandboxProcess, takeSandboxProcess } from './spare-process.ts';
import { SqlEdgeError } from './sql-edge-error.ts';

/** The folder is closed to everybody but the sandbox's user and root, so that it needs no owner of its pipes. */
const pipeMode = '666';

export interface SelectToRun {
  readonly sql: string;
  /** A name that later SELECTs may read. */
  readonly into: string;
  readonly maxRows?: number;
  /** How many rows are shown. Default: none. */
  readonly sample?: number;
}

/** Its methods need no `this`; one at a time. All reject with SqlEdgeError, or with the reason of the signal. */
export interface SqlSandbox {
  /** Makes a table of rows; returns how many came. */
  fill(table: string, flow: Flow): Promise<number>;
  /** Its folder, and the user whose it is. */
  readonly folder: string;
  readonly uid: number;
  /** Before `lock`. A table as a Parquet file of the folder. */
  write(table: string, file: string): Promise<void>;
  makeFolder(name: string): Promise<void>;
  /** Before `lock`. A Parquet file of the folder, which a stranger may have written, as a table. */
  read(file: string, table: string): Promise<void>;
  /** Takes files, network, extensions and settings away, before the first SELECT. */
  lock(): Promise<void>;
  select(select: SelectToRun): Promise<Selected>;
  /** After the last SELECT, before the first copy. */
  seal(): Promise<void>;
  /** Columns of a table as CSV for Postgres' COPY. The stream ends only if all rows are in it; commit nothing before `done`. */
  copy(
    table: string,
    columns: readonly { readonly name: string; readonly type: ColumnType }[],
  ): { stream: Readable; done: Promise<{ rows: number }> };
  close(): Promise<void>;
}

/**
 * A process of its own for the SQL of one edge: over rows handed to it beforehand, and then with nothing else. `folder` is
 * empty, and the caller's to remove after `close`.
 *
 * @example
 * const sandbox = await openSandbox(folder, limits, signal);
 * await sandbox.fill('orders', flow);
 * await sandbox.lock();
 * const { columns, rows } = await sandbox.select({ sql: 'select day, sum(amount) from orders group by day', into: 'result' });
 */
export async function openSandbox(folder: string, limits: SandboxLimits, signal: AbortSignal): Promise<SqlSandbox> {
  signal.throwIfAborted();
  const child = await takeSandboxProcess();
  /** Why we killed it, if we did. */
  let reason: SqlEdgeError | null = null;
  let stopWatch = () => {};
  let id = 0;
  let uid = -1;
  const kill = (why: SqlEdgeError) => {
    reason ??= why;
    void child.kill();
  };
  const onAbort = () => void child.kill();
  signal.addEventListener('abort', onAbort);
  const ended = (error: unknown): never => {
    signal.throwIfAborted();
    if (reason) throw reason;
    if (error instanceof Error && error.name === 'ReadError') throw crashed(error.message);
    throw error;
  };
  async function ask(request: Omitted<SandboxRequest>): Promise<SandboxMessage> {
    id += 1;
    const asked = id;
    const { promise, resolve } = Promise.withResolvers<SandboxMessage>();
    const stop = child.listen((message) => message.id === asked && resolve(message));
    try {
      child.send({ ...request, id: asked });
      const message = await Promise.race([promise, child.death]);
      if (message.type === 'failed') throw new SqlEdgeError(message.kind, message.message);
      return message;
    } catch (error) {
      return ended(error);
    } finally {
      stop();
    }
  }
  const rowsOf = (message: SandboxMessage): number => (message.type === 'done' ? message.rows : brokenWord());
  const close = async () => {
    stopWatch();
    signal.removeEventListener('abort', onAbort);
    await child.kill();
  };

  async function begin(): Promise<void> {
    const { memoryMegabytes, spaceMegabytes } = limits;
    const begun = await ask({ type: 'begin', folder: path.resolve(folder) });
    if (begun.type !== 'begun' || child.pid === undefined) return brokenWord();
    ({ uid } = begun);
    await confine({ pid: child.pid, ...begun }, limits);
    const most = begun.dataKilobytes + memoryMegabytes * 1024;
    await ask({ type: 'open', memoryMegabytes, spillMegabytes: spaceMegabytes });
    stopWatch = watchMemory(child.pid, most, () => kill(tooMuchMemory()));
    prepareSandboxProcess().catch(() => {}); // without it the next one takes longer
  }

  async function fill(table: string, { skip, columns, fill: send }: Flow): Promise<number> {
    const fifo = path.join(path.resolve(folder), `in-${id}.fifo`);
    const sink = await openFifoSink(fifo, pipeMode);
    try {
      const filled = ask({ type: 'fill', table, fifo, skip, columns: [...columns] });
      // a process that fails stops reading, so its answer must not wait for the rows
      const failed = filled.then(() => new Promise<never>(() => {}));
      const sending = sink.opened().then(send);
      sending.catch(() => {});
      const sent = await Promise.race([sending, failed]);
      const rows = rowsOf(await filled);
      if (rows !== sent) throw crashed(`${sent} rows were sent, and ${rows} came`);
      return rows;
    } catch (error) {
      await child.kill(); // it may still be reading what will never come
      return ended(error);
    } finally {
      sink.release();
    }
  }

  async function select({ sql, into, maxRows = limits.rows, sample = 0 }: SelectToRun): Promise<Selected> {
    const timer = setTimeout(() => kill(tooLong(limits.seconds)), limits.seconds * 1000);
    try {
      const { columns: maxColumns } = limits;
      const message = await ask({ type: 'select', sql, into, maxRows, maxColumns, sample });
      return message.type === 'selected' ? message.selected : brokenWord();
    } finally {
      clearTimeout(timer);
    }
  }

  async function copyThrough(
    stream: PassThrough,
    table: string,
    columns: readonly { readonly name: string; readonly type: ColumnType }[],
  ): Promise<{ rows: number }> {
    try {
      const fifo = path.join(path.resolve(folder), 'out.fifo');
      const source = await openCopyStream(fifo, pipeMode);
      const flowed = pipeline(source.stream, stream);
      try {
        const answered = ask({ type: 'copy', table, columns: [...columns], fifo });
        const early = flowed.then(() => Promise.reject(new Error('the copy ended early')));
        const rows = rowsOf(await Promise.race([answered, early]));
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
      await child.kill(); // it may still be writing, to a pipe that nobody reads
      throw error;
    }
  }

  try {
    await begin();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    fill,
    select,
    close,
    folder: path.resolve(folder),
    uid,
    write: async (table, file) => void (await ask({ type: 'write', table, file })),
    makeFolder: async (name) => void (await ask({ type: 'folder', name })),
    read: async (file, table) => void (await ask({ type: 'read', file, table })),
    lock: async () => void (await ask({ type: 'lock' })),
    seal: async () => void (await ask({ type: 'seal' })),
    copy: (table, columns) => {
      const stream = new PassThrough({ highWaterMark: 1 << 22 });
      stream.on('error', () => {}); // whoever reads it hears of it, and so does who waits for `done`
      const done = copyThrough(stream, table, columns);
      done.catch(() => {});
      return { stream, done };
    },
  };
}

type Omitted<T> = T extends unknown ? Omit<T, 'id'> : never;

const crashed = (how: string) => new SqlEdgeError('crashed', `The process that ran the SQL ended unexpectedly: ${how}`);
const brokenWord = (): never => {
  throw crashed('it answered something else');
};
const tooMuchMemory = () => new SqlEdgeError('too_much_memory', 'The SQL needs more memory than it may have.');
const tooLong = (seconds: number) => new SqlEdgeError('too_long', `The SQL took longer than ${seconds} seconds.`);
