/** How many rows were set apart because of their value in a column, and on which line the first of them stands. */
export class ColumnMisfits {
  /** Of all columns; a row counts once, for the first. */
  rows = 0;
  readonly #byColumn = new Map<number, { rows: number; readonly line: number }>();

  add(column: number, line: number): void {
    this.rows++;
    const found = this.#byColumn.get(column);
    if (found) found.rows++;
    else this.#byColumn.set(column, { rows: 1, line });
  }

  of(column: number): { readonly rows: number; readonly line: number } | null {
    return this.#byColumn.get(column) ?? null;
  }
}
