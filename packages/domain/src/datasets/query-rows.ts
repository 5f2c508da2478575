import type { Reader, TextRow } from '@granary/db';
import { z } from 'zod';
import { defineQuery, type QueryContext } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { readPageCells } from './page-cells.ts';
import { readTooLong } from './read-too-long.ts';
import { readVersion } from './read-version.ts';
import { decodeCursor, encodeCursor } from './row-cursor.ts';
import { rowFilter } from './row-filter.ts';
import { rowOrder } from './row-order.ts';
import { cellValue } from './row-values.ts';
import { planRows, type RowsPlan, type RowsRequest } from './rows-query.ts';
import { cell, columnType, pageInput, versionName } from './schema.ts';

const rowsInput = z.object({
  datasetId: z.uuid(),
  version: versionName.optional(),
  columns: z.array(z.string().max(63)).min(1).max(20_000).optional(),
  filter: rowFilter.optional(),
  order: rowOrder,
  ...pageInput,
});

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
    rows: z.array(z.array(cell)).meta({ description: 'In the order of `columns`' }),
    nextCursor: z.string().nullable(),
  }),
  run: (context, input) => readRows(context, input).catch(readTooLong),
});

type RowsInput = z.output<typeof rowsInput>;

/** One page, of the version that the cursor belongs to or that the input names. */
async function readRows(context: QueryContext, input: RowsInput) {
  const cursor = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
  if (cursor && cursor.order !== orderKey(input))
    throw new DomainError('invalid', 'the cursor belongs to another order');
  const request: RowsRequest = { ...input, cursor };
  const name = cursor?.version ?? input.version;
  const read = await readVersion(context, { datasetId: input.datasetId, version: name }, (version) =>
    planRows(version, request),
  );
  return answer(context.reader, read.version, request, read.plan, read.rows, input);
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
