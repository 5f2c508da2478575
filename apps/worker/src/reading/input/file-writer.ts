import { Buffer } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';

const usualCapacity = 1 << 20;

/** Appends bytes to a new file through a buffer. */
export class FileWriter {
  readonly path: string;
  /** Bytes so far. */
  length = 0;
  readonly #file: number;
  readonly #buffer: Buffer;
  #used = 0;

  /** Fails if the path exists: what lies in a work directory is never taken over. */
  constructor(path: string, capacity: number = usualCapacity) {
    this.path = path;
    this.#buffer = Buffer.allocUnsafe(capacity);
    this.#file = openSync(path, 'wx', 0o600);
  }

  byte(code: number): void {
    if (this.#used === this.#buffer.length) this.#flush();
    this.#buffer[this.#used++] = code;
    this.length++;
  }

  bytes(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.length += length;
    if (this.#used + length > this.#buffer.length) this.#flush();
    if (length > this.#buffer.length) {
      this.#write(source, start, length);
      return;
    }
    source.copy(this.#buffer, this.#used, start, end);
    this.#used += length;
  }

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.bytes(bytes, 0, bytes.length);
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    this.#write(this.#buffer, 0, this.#used);
    this.#used = 0;
  }

  #write(source: Buffer, start: number, length: number): void {
    for (let written = 0; written < length; ) {
      written += writeSync(this.#file, source, start + written, length - written);
    }
  }
}
