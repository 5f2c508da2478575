import { open } from 'node:fs/promises';
import { ReadError } from '../reading/read-error.ts';

export interface CleanRows {
  readonly delimiter: string;
  readonly columns: number;
  /** Positions of the columns whose values are replaced. */
  readonly identifiers: ReadonlySet<number>;
  /** What stands behind each row; a line feed where nothing else is said. */
  readonly rowEnd?: '\n' | '\0';
  /** null: nobody is identified by it. */
  replace(value: string): string | null;
}

/** Writes rows whose identifiers are replaced as CSV (RFC 4180, with the file's own delimiter) that a reader can take. */
export class CleanRowsFile {
  rows = 0;
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #table: CleanRows;

  private constructor(handle: Awaited<ReturnType<typeof open>>, table: CleanRows) {
    this.#handle = handle;
    this.#table = table;
  }

  /** Fails if the path exists. */
  static async create(path: string, table: CleanRows, header: readonly string[] | null): Promise<CleanRowsFile> {
    const file = new CleanRowsFile(await open(path, 'wx', 0o600), table);
    if (header) await file.#handle.writeFile(`${header.map(quote).join(table.delimiter)}\n`);
    return file;
  }

  /** Rows as the reading process sent them. Throws ReadError if they are not what it may send. */
  async add(rows: readonly unknown[]): Promise<void> {
    const lines = rows.map((row) => {
      if (!Array.isArray(row) || row.length !== this.#table.columns) throw brokenWord();
      return `${row.map((cell: unknown, column) => this.#field(cell, column)).join(this.#table.delimiter)}${this.#table.rowEnd ?? '\n'}`;
    });
    await this.#handle.writeFile(lines.join(''));
    this.rows += lines.length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #field(cell: unknown, column: number): string {
    if (cell === null) return '';
    const isQuoted = Array.isArray(cell) && cell.length === 1;
    const text: unknown = isQuoted ? cell[0] : cell;
    if (typeof text !== 'string') throw brokenWord();
    if (this.#table.identifiers.has(column)) return this.#table.replace(text) ?? '';
    return isQuoted || /["\r\n]|^\s/.test(text) ? quote(text) : text;
  }
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const brokenWord = (): ReadError =>
  new ReadError('crashed', 'The process that was reading the file said what it may not say.');
