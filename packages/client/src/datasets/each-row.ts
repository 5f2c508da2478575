import type { CallOptions, Calls } from '../calls.ts';
import type { CellValue, DatasetsRowsInput } from '../contract.gen.ts';

export type EachRowInput = Omit<DatasetsRowsInput, 'limit' | 'cursor'>;

export interface EachRowOptions extends CallOptions {
  /** Rows per request, 1 to 1000. Default: 1000; take fewer of rows with thousands of columns. */
  readonly pageSize?: number | undefined;
}

/** A row by the names of its columns. */
export type RowObject = Record<string, CellValue>;

/** Every row, page after page; a later page is fetched only when it is asked for. */
export async function* eachRow(
  rows: Calls['datasets']['rows'],
  input: EachRowInput,
  { pageSize = 1000, signal }: EachRowOptions = {},
): AsyncGenerator<{ columns: readonly string[]; row: CellValue[] }, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await rows({ ...input, limit: pageSize, cursor }, { signal });
    const columns = page.columns.map(({ name }) => name);
    for (const row of page.rows) yield { columns, row };
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

export async function* eachRowArray(...args: Parameters<typeof eachRow>): AsyncGenerator<CellValue[], void, undefined> {
  for await (const { row } of eachRow(...args)) yield row;
}

export async function* eachRowObject(...args: Parameters<typeof eachRow>): AsyncGenerator<RowObject, void, undefined> {
  for await (const { columns, row } of eachRow(...args))
    yield Object.fromEntries(row.map((cell, index) => [columns[index] ?? '', cell]));
}
