import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { RowTextKind } from '@granary/domain';
import { type QuarantinedRow, quarantinedRow } from '../reading/inspection.ts';

/** What the table gets instead of a row's text, which is the file's own or has pseudonyms. */
type Seal = (raw: string, byteOffset: number, kind: RowTextKind) => string;

/** Rows that did not fit, on their way to the table: one JSON object a line, whose text is sealed before it is written. */
export class SealedQuarantine {
  rows = 0;
  readonly #path: string;
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #seal: Seal;

  private constructor(path: string, handle: Awaited<ReturnType<typeof open>>, seal: Seal) {
    this.#path = path;
    this.#handle = handle;
    this.#seal = seal;
  }

  static async create(path: string, seal: Seal): Promise<SealedQuarantine> {
    return new SealedQuarantine(path, await open(path, 'wx', 0o600), seal);
  }

  /** Of the first reading, which no identifier was replaced for. */
  async add(rows: readonly Omit<QuarantinedRow, 'column'>[]): Promise<void> {
    const lines = rows.map((row) => `${JSON.stringify(this.#sealed({ ...row, column: null }, 'file'))}\n`);
    await this.#handle.writeFile(lines.join(''));
    this.rows += lines.length;
  }

  /** A row that was set apart later, when its identifiers had been replaced. */
  sealed<R extends Pick<QuarantinedRow, 'raw' | 'byteOffset'>>(row: R): R {
    return this.#sealed(row, 'pseudonyms');
  }

  #sealed<R extends Pick<QuarantinedRow, 'raw' | 'byteOffset'>>(row: R, kind: RowTextKind): R {
    return { ...row, raw: this.#seal(row.raw, row.byteOffset, kind) };
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
