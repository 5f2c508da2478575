import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type QuarantinedRow, quarantinedRow } from '../reading/inspection.ts';

/** Rows that did not fit, on their way to the table: one JSON object a line, whose text is sealed before it is written. */
export class SealedQuarantine {
  rows = 0;
  readonly #path: string;
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #seal: (raw: string, byteOffset: number) => string;

  private constructor(
    path: string,
    handle: Awaited<ReturnType<typeof open>>,
    seal: (raw: string, byteOffset: number) => string,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.#seal = seal;
  }

  /** @param seal what the table gets instead of a row's text */
  static async create(path: string, seal: (raw: string, byteOffset: number) => string): Promise<SealedQuarantine> {
    return new SealedQuarantine(path, await open(path, 'wx', 0o600), seal);
  }

  async add(rows: readonly Omit<QuarantinedRow, 'column'>[]): Promise<void> {
    const lines = rows.map((row) => `${JSON.stringify(this.sealed({ ...row, column: null }))}\n`);
    await this.#handle.writeFile(lines.join(''));
    this.rows += lines.length;
  }

  sealed<R extends Pick<QuarantinedRow, 'raw' | 'byteOffset'>>(row: R): R {
    return { ...row, raw: this.#seal(row.raw, row.byteOffset) };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async *read(): AsyncGenerator<QuarantinedRow> {
    const handle = await open(this.#path, 'r');
    try {
      for await (const line of createInterface({
        input: handle.createReadStream({ autoClose: false }),
        crlfDelay: Infinity,
      }))
        yield quarantinedRow.parse(JSON.parse(line));
    } finally {
      await handle.close();
    }
  }
}
