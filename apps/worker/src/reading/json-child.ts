import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import type { z } from 'zod';
import { ReadError } from './read-error.ts';

/** V8's heap in the reading process; buffers and DuckDB lie outside it. */
const heapMegabytes = 512;
const keptErrorBytes = 4000;

/**
 * A process that works on bytes that we do not trust. It is forked without environment, so that no credential is in it, and
 * talks JSON. It ends with `kill`, or when this process ends.
 */
export class JsonChild<Request extends object, Message> {
  readonly #child: ChildProcess;
  readonly #schema: z.ZodType<Message>;
  readonly #listeners = new Set<(message: Message) => void>();
  /** Rejects when the process is gone, whatever the reason; never resolves. */
  readonly death: Promise<never>;
  #errorOutput = '';

  /** `through`: a program with its arguments that becomes this process, with less than we have. */
  constructor(entry: string, schema: z.ZodType<Message>, through: readonly string[] = []) {
    this.#schema = schema;
    const [execPath, ...execArgv] = [...through, process.execPath];
    this.#child = fork(entry, {
      env: {},
      execPath,
      execArgv: [...execArgv, `--max-old-space-size=${heapMegabytes}`, '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-keptErrorBytes);
    });
    this.#child.on('message', (raw) => this.#receive(raw));
    this.death = new Promise<never>((_, reject) => {
      this.#child.once('error', (error) => reject(this.#crash(error.message)));
      // 'close' comes after the last of stderr
      this.#child.once('close', (code, signal) => reject(this.#crash(signal ?? `exit code ${code}`)));
    });
    this.death.catch(() => {}); // whoever waits for something races against it
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(request: Request): void {
    // a failure to send is followed by the child's end, which is what callers wait for
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  /** Calls back for each message until the returned function is called. */
  listen(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From here on it keeps this process from ending no longer, until `hold`. */
  letGo(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    if (this.#child.stderr instanceof Socket) this.#child.stderr.unref();
  }

  hold(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    if (this.#child.stderr instanceof Socket) this.#child.stderr.ref();
  }

  /** Ends the process at once. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.death.catch(() => {});
  }

  #receive(raw: unknown): void {
    const parsed = this.#schema.safeParse(raw);
    if (!parsed.success) {
      this.#errorOutput = `it said what it may not say: ${parsed.error.message}`.slice(0, keptErrorBytes);
      this.#child.kill('SIGKILL');
      return;
    }
    for (const listener of this.#listeners) listener(parsed.data);
  }

  #crash(how: string): ReadError {
    return new ReadError('crashed', `The process that was reading the file ended unexpectedly (${how}).`, {
      errorOutput: this.#errorOutput,
    });
  }
}
