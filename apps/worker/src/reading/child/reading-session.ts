import { statSync } from 'node:fs';
import { splitColumns } from '../csv/split-columns.ts';
import type { Failure, Message, Phase, Request } from '../protocol.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingPlan } from '../reading-plan.ts';
import { inspectFile } from './inspect-file.ts';

const progressMilliseconds = 100;

/** What the reading process does for one file: one inspection, then copies of its columns, one after the other,
 * of a wide one after it was split. */
export class ReadingSession {
  readonly #send: (message: Message) => void;
  /** Of the whole file, or of its parts. */
  #plans: ReadingPlan[] = [];
  #workDirectory = '';
  #lastProgress = 0;

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  async handle(request: Request): Promise<void> {
    switch (request.type) {
      case 'inspect':
        try {
          this.#workDirectory = request.workDirectory;
          const plan = await inspectFile(request, (phase, bytes, total) => this.#progress(phase, bytes, total));
          this.#plans = [plan];
          this.#send({ type: 'inspected', inspection: plan.inspection });
        } catch (error) {
          this.#send({ type: 'inspectionFailed', failure: failureOf(error) });
        }
        return;
      case 'split':
        try {
          await this.#split(request.sizes);
          this.#send({ type: 'split' });
        } catch (error) {
          this.#send({ type: 'splitFailed', failure: failureOf(error) });
        }
        return;
      case 'copy':
        try {
          this.#send({ type: 'copied', id: request.id, rows: await this.#copy(request.columns, request.fifo) });
        } catch (error) {
          this.#send({ type: 'copyFailed', id: request.id, failure: failureOf(error) });
        }
        return;
    }
  }

  async #split(sizes: readonly number[]): Promise<void> {
    const [plan] = this.#plans;
    if (!plan) throw new Error('nothing was inspected');
    const { size } = statSync(plan.path);
    this.#plans = await splitColumns(plan, sizes, this.#workDirectory, (offset) =>
      this.#progress('reading', offset, size),
    );
  }

  async #copy(columns: readonly string[], fifo: string): Promise<number> {
    const plan = this.#plans.find(({ expressions }) => columns.every((name) => expressions.has(name)));
    if (!plan) throw new Error('nothing was inspected that has these columns');
    // only now: a file that is refused never loads DuckDB
    const [{ connectDuck }, { copyRows }] = await Promise.all([
      import('../duck/connect.ts'),
      import('../duck/copy-rows.ts'),
    ]);
    // a database of its own for each copy: what one leaves allocated would add up over the chunks of a wide file
    const duck = await connectDuck(plan.path, this.#workDirectory);
    try {
      return await copyRows(duck.connection, plan, columns, fifo);
    } finally {
      duck.close();
    }
  }

  #progress(phase: Phase, bytes: number, totalBytes: number): void {
    const now = performance.now();
    if (now - this.#lastProgress < progressMilliseconds) return;
    this.#lastProgress = now;
    this.#send({ type: 'progress', phase, bytes: Math.min(bytes, totalBytes), totalBytes });
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ReadError) return { kind: error.kind, message: error.message, details: error.details };
  // a fault of ours, or DuckDB's word against ours: no reason that a user could mend
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'crashed',
    message: 'The file could not be read because of an internal error.',
    details: { cause: text },
  };
}
