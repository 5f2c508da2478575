// The process that reads the bytes of a sealed file: from its standard input to its standard output, and nowhere else. It
// has no environment, no credentials, no keys and no path; what it throws is told without the text that it was about.
import { endWithParent } from '../../end-with-parent.ts';
import { ReadError } from '../read-error.ts';
import { readStream } from './read-stream.ts';
import { type StreamCell, type StreamMessage, streamRequest, type UnfitRow } from './stream-protocol.ts';
import type { StreamSink } from './stream-sink.ts';

const batchBytes = 1 << 18;

/** Resolves when it has left this process, which may then end. */
const send = (message: StreamMessage): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve()));

/** Gathers records into messages of a size that is worth a line; the lines wait here until the next flush. */
class BatchingSink implements StreamSink {
  readonly #waiting: StreamMessage[] = [];
  #rows: StreamCell[][] = [];
  #unfit: UnfitRow[] = [];
  #bytes = 0;

  table(table: StreamMessage): void {
    this.#waiting.push(table);
  }

  row(cells: StreamCell[], bytes: number): void {
    this.#rows.push(cells);
    this.#grow(bytes);
  }

  unfit(row: UnfitRow): void {
    this.#unfit.push(row);
    this.#grow(row.raw.length);
  }

  async flush(): Promise<void> {
    this.#close();
    for (const message of this.#waiting.splice(0)) await send(message);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes + 64;
    if (this.#bytes > batchBytes) this.#close();
  }

  #close(): void {
    if (this.#rows.length > 0) this.#waiting.push({ type: 'rows', rows: this.#rows });
    if (this.#unfit.length > 0) this.#waiting.push({ type: 'unfit', rows: this.#unfit });
    this.#rows = [];
    this.#unfit = [];
    this.#bytes = 0;
  }
}

function failureOf(error: unknown): StreamMessage {
  if (error instanceof ReadError) return { type: 'failed', kind: error.kind, message: error.message };
  // an unforeseen error's own words may repeat what was read: its name and the place in our code do not
  const place = error instanceof Error ? /\n\s+at .*/.exec(error.stack ?? '')?.[0].trim() : undefined;
  const name = error instanceof Error ? error.name : typeof error;
  return {
    type: 'failed',
    kind: 'crashed',
    message: `The file could not be read because of an internal error (${name} ${place ?? ''}).`,
  };
}

endWithParent();
process.once('message', async (raw) => {
  const sink = new BatchingSink();
  try {
    const end = await readStream(process.stdin, streamRequest.parse(raw), sink);
    await sink.flush();
    await send(end);
  } catch (error) {
    await send(failureOf(error));
  }
  process.stdin.destroy();
  process.disconnect();
});
