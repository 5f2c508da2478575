import { query, type Reader } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery, type QueryContext } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { CatalogueVersion } from '../catalogue-memory.ts';
import { noSuchDataset } from '../no-such-dataset.ts';
import { readTooLong } from '../read-too-long.ts';
import { decodeCursor, encodeCursor } from '../row-cursor.ts';
import { columnType, pageInput, versionName } from '../schema.ts';
import { readCatalogue } from '../version-catalogue.ts';
import { selectVersion } from '../version-query.ts';
import {
  type Comparison,
  countDifferences,
  type DifferentRow,
  selectDifferences,
  selectUnfitKeys,
} from './diff-query.ts';
import { compareSchemas, planComparison } from './plan-comparison.ts';

const names = z.array(z.string().max(63)).min(1);
const diffInput = z.object({
  datasetId: z.uuid(),
  from: versionName,
  to: versionName,
  keyColumns: names.max(16).optional().meta({
    description:
      'What tells rows apart; otherwise the row ids, where one version is a copy of the other, else all they hold',
  }),
  columns: names.max(800).optional().meta({ description: 'The columns to compare; otherwise all that both have' }),
  limit: pageInput.limit,
  cursor: pageInput.cursor,
});
const typed = z.object({ name: z.string(), type: columnType });
const text = z.string().nullable();

const rowDifference = z
  .object({
    op: z.enum(['added', 'removed', 'changed']),
    key: z.record(z.string(), z.string()).meta({ description: 'Of `keyColumns`, or of rowid' }),
    copies: z.int().meta({ description: 'How many rows of this content came or went; 1 where rows have keys' }),
    cells: z
      .record(z.string(), z.object({ before: text, after: text }))
      .meta({ description: 'Those that changed, or all of a row that came or went' }),
  })
  .meta({ id: 'RowDifference' });

export const diffVersions = defineQuery({
  name: 'datasets.diff',
  summary: 'Compare two versions of a dataset: their columns, how many rows differ, and a page of those',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/diff' },
  input: diffInput,
  output: z.object({
    from: z.int(),
    to: z.int(),
    by: z.enum(['columns', 'rowid', 'content']),
    columns: z.object({
      added: z.array(typed),
      removed: z.array(typed),
      retyped: z.array(z.object({ name: z.string(), before: columnType, after: columnType })),
    }),
    counts: z
      .object({ added: z.int(), removed: z.int(), changed: z.int() })
      .nullable()
      .meta({ description: 'null on the pages after the first' }),
    rows: z.array(rowDifference),
    nextCursor: z.string().nullable(),
  }),
  run: (context, input) => diff(context, input).catch(readTooLong),
});

async function diff({ reader, catalogue, identity: { tenantId } }: QueryContext, input: z.output<typeof diffInput>) {
  const { datasetId, limit } = input;
  const from = await readCatalogue(reader, catalogue, tenantId, datasetId, input.from);
  const to = await readCatalogue(reader, catalogue, tenantId, datasetId, input.to);
  const comparison = planComparison(from, to, input, await isCopy(reader, tenantId, from, to));
  const order = JSON.stringify(['diff', from.versionId, to.versionId, comparison.by, input.keyColumns, input.columns]);
  const cursor = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
  if (cursor && cursor.order !== order) throw new DomainError('invalid', 'the cursor belongs to another comparison');

  if (comparison.by === 'columns') for (const each of [from, to]) await refuseUnfitKeys(reader, comparison, each);
  const [counts] = cursor ? [] : await reader.rows(countDifferences(comparison));
  const [found, first, second] = await reader.together(
    selectDifferences(comparison, limit + 1, cursor?.last),
    selectVersion(tenantId, datasetId, from.number), // last: whoever lost access on the way sees no rows, not "no difference"
    selectVersion(tenantId, datasetId, to.number),
  );
  if (first[0]?.id !== from.versionId || second[0]?.id !== to.versionId) throw noSuchDataset();
  const page = found.slice(0, limit);
  const last = page.at(-1)?.key;
  return {
    from: from.number,
    to: to.number,
    by: comparison.by,
    columns: compareSchemas(from, to),
    counts: counts ?? null,
    rows: page.map((row) => describe(comparison, row)),
    nextCursor: found.length > limit && last ? encodeCursor({ version: from.number, order, last: [...last] }) : null,
  };
}

function describe({ by, keys, columns }: Comparison, { op, key, copies, before, after, different }: DifferentRow) {
  const keyNames = { columns: keys, rowid: ['rowid'], content: [] }[by];
  const cells = columns.flatMap(({ name }, at) => {
    if (op === 'changed' && !different[at]) return [];
    const cell = {
      before: op === 'added' ? null : (before[at] ?? null),
      after: op === 'removed' ? null : (after[at] ?? null),
    };
    return [[name, cell] as const];
  });
  return {
    op,
    key: Object.fromEntries(keyNames.map((name, at) => [name, key[at] ?? ''])),
    copies,
    cells: Object.fromEntries(cells),
  };
}

async function refuseUnfitKeys(reader: Reader, comparison: Comparison, version: CatalogueVersion): Promise<void> {
  const unfit = await reader.rows(selectUnfitKeys(comparison, version));
  if (unfit.length === 0) return;
  throw new DomainError(
    'precondition',
    `${comparison.keys.join(', ')} does not tell the rows of version ${version.number} apart: some are null or there more than once`,
    { version: version.number, keyColumns: comparison.keys, keys: unfit },
  );
}

/** Whether one of them was copied from the other, over however many copies: then their rows have the same rowids. */
async function isCopy(reader: Reader, tenantId: string, from: CatalogueVersion, to: CatalogueVersion) {
  if (from.versionId === to.versionId) return true;
  const [later, earlier] = from.number > to.number ? [from, to] : [to, from]; // a copy is newer than what it was made of
  const ancestors = await reader.rows(
    query
      .withRecursive('ancestors', (q) =>
        q
          .selectFrom('dataset_versions')
          .select(['id', 'copied_from'])
          .where('tenant_id', '=', tenantId)
          .where('id', '=', later.versionId)
          .unionAll(
            q
              .selectFrom('dataset_versions as v')
              .innerJoin('ancestors as a', 'a.copied_from', 'v.id')
              .select(['v.id', 'v.copied_from'])
              .where('v.tenant_id', '=', tenantId),
          ),
      )
      .selectFrom('ancestors')
      .select(sql<number>`1`.as('one'))
      .where('id', '=', earlier.versionId),
  );
  return ancestors.length > 0;
}
