import type { Reader, TextRow } from '@granary/db';
import { z } from 'zod';
import { defineQuery, type QueryContext } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { readPageCells } from './page-cells.ts';
import { readTooLong } from './read-too-long.ts';
import { decodeCursor, encodeCursor } from './row-cursor.ts';
import { rowFilter } from './row-filter.ts';
import { rowOrder } from './row-order.ts';
import { type CellValue, cellValue } from './row-values.ts';
import { planRows, type RowsPlan, type RowsRequest } from './rows-query.ts';
import { columnType, pageInput } from './schema.ts';
import { catalogueKey, readCatalogue } from './version-catalogue.ts';

const rowsInput = z.object({
  datasetId: z.uuid(),
  version: z.int().positive().optional().meta({ description: 'A version by number; the current one otherwise' }),
  columns: z.array(z.string().max(63)).min(1).max(20_000).optional(),
  filter: rowFilter.optional(),
  order: rowOrder,
  ...pageInput,
});

/** Sorting so many costs less than another round trip. */
const fewRows = 2_000;

export const queryRows = defineQuery({
  name: 'datasets.rows',
  summary: 'Read a page of rows: filtered, ordered, some columns, from a cursor',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/rows' },
  input: rowsInput,
  output: z.object({
    version: z.int(),
    columns: z.array(z.object({ name: z.string(), type: columnType })),
    rowIds: z.array(z.int()).meta({ description: 'The key of each row, within its version' }),
    rows: z
      .array(z.array(z.custom<CellValue>().meta({ id: 'CellValue' })))
      .meta({ description: 'In the order of `columns`' }),
    nextCursor: z.string().nullable(),
  }),
  run: (context, input) => readRows(context, input).catch(readTooLong),
});

type RowsInput = z.output<typeof rowsInput>;

/**
 * One page. The query is built from what this process remembers of the version, and travels together with the question
 * which version the caller may read: when the answers disagree, once more with what the database said.
 */
async function readRows({ reader, identity: { tenantId }, catalogue }: QueryContext, input: RowsInput) {
  const { datasetId } = input;
  const cursor = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
  const number = cursor?.version ?? input.version;
  if (cursor && cursor.order !== orderKey(input))
    throw new DomainError('invalid', 'the cursor belongs to another order');
  const request: RowsRequest = { ...input, cursor };

  const key = catalogueKey(datasetId, number);
  const remembered = catalogue.recall(key);
  if (remembered) {
    const page = await tryRemembered(reader, { datasetId, version: number ?? null }, remembered, request);
    if (page !== 'stale') return answer(reader, remembered, request, page.plan, page.rows, input);
    catalogue.forget(key);
  }
  const version = await readCatalogue(reader, catalogue, tenantId, datasetId, number);
  const plan = planRows(version, request);
  const { versionId, rows } = await reader.dataset({ datasetId, version: version.number }, plan.page);
  if (versionId !== version.versionId) throw noSuchDataset(); // lost or deleted since the catalogue was read
  return answer(reader, version, request, plan, rows, input);
}

async function tryRemembered(
  reader: Reader,
  ids: { datasetId: string; version: number | null },
  version: CatalogueVersion,
  request: RowsRequest,
) {
  let plan: RowsPlan;
  try {
    plan = planRows(version, request);
  } catch {
    return 'stale' as const; // not before the caller is known to have access may an error speak of columns
  }
  // what costs a sort is worth asking whether there is an index by now
  if (!plan.isServed && version.rows > fewRows) return 'stale' as const;
  try {
    const { versionId, rows } = await reader.dataset(ids, plan.page);
    return versionId === version.versionId ? { plan, rows } : ('stale' as const);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return 'stale' as const; // its table was dropped
    throw error;
  }
}

async function answer(
  reader: Reader,
  version: CatalogueVersion,
  { limit }: RowsRequest,
  plan: RowsPlan,
  found: readonly TextRow[],
  input: RowsInput,
) {
  const { rowids, cells, last } = await readPageCells(reader, version, plan, found.slice(0, limit));
  const types = plan.selected.map(({ type }) => (type === 'rowid' ? ('bigint' as const) : type));
  return {
    version: version.number,
    columns: plan.selected.map(({ name }, index) => ({ name, type: types[index]! })),
    rowIds: rowids.map(Number),
    rows: cells.map((row) => row.map((text, index) => cellValue(types[index]!, text))),
    nextCursor:
      found.length > limit && last ? encodeCursor({ version: version.number, order: orderKey(input), last }) : null,
  };
}

/** What a cursor's order was; with how ties are broken, which was otherwise once. */
const orderKey = ({ order }: Pick<RowsInput, 'order'>): string =>
  [
    ...order.map(({ column, direction, nulls }) => `${column} ${direction} ${nulls}`),
    order.at(-1)?.direction ?? 'asc',
  ].join(', ');
