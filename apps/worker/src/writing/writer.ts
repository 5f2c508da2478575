import path from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { JsonChild } from '../reading/json-child.ts';
import { ReadError } from '../reading/read-error.ts';
import { openFifoSink } from './fifo-sink.ts';
import { type FlowingColumn, type WriteMessage, type WriteRequest, writeMessage } from './protocol.ts';

const entry = fileURLToPath(new URL('./child/main.ts', import.meta.url));

export interface Flow {
  /** Cells at the beginning of each row that are dropped. */
  readonly skip: number;
  readonly columns: readonly FlowingColumn[];
  /** Writes the rows as Postgres' CSV and returns how many there were. */
  fill(target: Writable): Promise<number>;
}

type OfType<T extends WriteRequest['type']> = Omit<
  Extract<WriteRequest, { type: T }>,
  'id' | 'fifo' | 'skip' | 'columns' | 'workDirectory'
>;
/** What is to be made of the rows. */
export type Product = OfType<'write'> | OfType<'profile'>;

export interface Writer {
  /**
   * Sends the rows through a pipe to the writing process. Resolves when it has made of them what it was asked for, and has
   * seen as many as were sent; rejects with ReadError, or with what kept them from coming. One at a time.
   */
  write(product: Product, flow: Flow): Promise<{ rows: number; statistics: readonly unknown[] }>;
  close(): Promise<void>;
}

/** A process without credentials that writes files, or counts, in a folder of its own. */
export function openWriter(workDirectory: string, signal: AbortSignal): Writer {
  signal.throwIfAborted();
  const child = new JsonChild<WriteRequest, WriteMessage>(entry, writeMessage);
  const onAbort = () => void child.kill();
  signal.addEventListener('abort', onAbort);
  let id = 0;
  return {
    async write(product, { skip, columns, fill }) {
      id += 1;
      const fifo = path.join(path.resolve(workDirectory), `rows-${id}.fifo`);
      const sink = await openFifoSink(fifo);
      const answered = answer(child, id);
      try {
        const flow = { id, fifo, skip, columns: [...columns], workDirectory: path.resolve(workDirectory) };
        child.send(product.type === 'write' ? { ...product, ...flow } : { ...product, ...flow });
        // a process that fails stops reading, so its answer, or its end, must not wait for the rows
        const failed = answered.promise.then((message) => {
          if (message.type === 'failed') throw new ReadError(message.kind, message.message);
          return new Promise<never>(() => {});
        });
        const filled = sink.opened().then(fill);
        filled.catch(() => {});
        const sent = await Promise.race([filled, failed]);
        const message = await answered.promise;
        if (message.type === 'failed') throw new ReadError(message.kind, message.message);
        if (message.rows !== sent) {
          throw new ReadError('crashed', `The rows do not add up: ${sent} were sent, and ${message.rows} written.`);
        }
        return { rows: sent, statistics: message.statistics };
      } catch (error) {
        await child.kill(); // it may still be reading what will never come
        signal.throwIfAborted();
        throw error;
      } finally {
        answered.stop();
        sink.release();
      }
    },
    async close() {
      signal.removeEventListener('abort', onAbort);
      await child.kill();
    },
  };
}

function answer(child: JsonChild<WriteRequest, WriteMessage>, id: number) {
  const { promise, resolve } = Promise.withResolvers<WriteMessage>();
  const stop = child.listen((message) => message.id === id && resolve(message));
  const orDeath = Promise.race([promise, child.death]);
  orDeath.catch(() => {});
  return { promise: orDeath, stop };
}
