import { query } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { countExplained, type Plans } from '../testing/count-explained.ts';
import { publishVersion } from '../testing/publish-version.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { columnTypes } from './column-types.ts';
import { planRows, type RowsRequest } from './rows-query.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = database.pool('granary_api');
const { as, tenantId } = await createTestOrganization(owner, 'ours');

const rows = 20_000;
const limit = 10;
const types = columnTypes.filter((type) => type !== 'jsonb');
const columns = [
  ...types.map((type) => ({ name: `c_${type.replaceAll(' ', '_')}`, type })),
  { name: 'far', type: 'text' } as const,
];
const chunkSize = types.length; // `far` is in another table

/** The same order in every type; every eleventh is null, and each value stands four times. */
const valueAt: Record<(typeof types)[number], string> = {
  boolean: 'i % 2 = 0',
  bigint: 'i / 4',
  'double precision': 'i / 4 + 0.5',
  numeric: 'i / 4 + 0.25',
  date: `date '2000-01-01' + i / 4`,
  time: `time '00:00' + make_interval(secs => i / 4)`,
  timestamp: `timestamp '2000-01-01' + make_interval(secs => i / 4)`,
  timestamptz: `timestamptz '2000-01-01Z' + make_interval(secs => i / 4)`,
  uuid: `lpad(to_hex(i / 4), 32, '0')::uuid`,
  text: `'t' || lpad((i / 4)::text, 8, '0')`,
};

let version: CatalogueVersion;
beforeAll(async () => {
  const { rows: made } = await owner.query<{ id: string }>(
    `insert into datasets (tenant_id, owner_id, name) values ($1, $2, 'plans') returning id`,
    [tenantId, as.editor.userId],
  );
  const datasetId = made[0]!.id;
  const { versionId } = await publishVersion(owner, { ...as.editor, datasetId }, { columns, rows: [], chunkSize });
  const table = `v_${versionId.replaceAll('-', '')}`;
  const expressions = types.map((type) => `case when i % 11 > 0 then ${valueAt[type]} end`);
  await owner.query(
    `insert into data."${table}_p1" select i, ${expressions.join(', ')} from generate_series(1, ${rows}) i`,
  );
  await owner.query(`insert into data."${table}_p2" select i, 'far ' || i from generate_series(1, ${rows}) i`);
  for (const { name } of columns) await owner.query('select app.create_data_index($1, $2)', [versionId, name]);
  const indexed = await owner.query<{ name: string }>('select column_name as name from app.data_indexes($1)', [
    versionId,
  ]);
  version = {
    versionId,
    number: 1,
    rows,
    indexed: indexed.rows.map(({ name }) => name),
    columns: columns.map((column, index) => ({ ...column, chunk: index < chunkSize ? 1 : 2 })),
  };
});

const rowsLookedAt = (request: Omit<RowsRequest, 'limit'>, plans: Plans) =>
  countExplained(api, as.editor, planRows(version, { limit, ...request }).page, plans);

/** The values of the order's terms at one row, as a cursor has them. */
async function cursorAt(column: string, rowid: number) {
  const statement =
    sql`select ${sql.ref(column)}::text as value from ${sql.table(`data.v_${version.versionId.replaceAll('-', '')}_p1`)} where rowid = ${rowid}`.compile(
      query,
    );
  const { rows: found } = await owner.query<{ value: string | null }>(statement.sql, [...statement.parameters]);
  return { version: 1, order: '', last: [found[0]!.value, String(rowid)] };
}

const both = ['force_custom_plan', 'force_generic_plan'] as const;

describe.each(both)('under row level security and %s, a page looks at few rows', (plans) => {
  test('in the order of the key, anywhere', async () => {
    for (const direction of ['asc', 'desc'] as const) {
      for (const last of [undefined, ['10'], ['10000'], ['19990']]) {
        const cursor = last && { version: 1, order: '', last };
        const order = [{ column: 'rowid', direction, nulls: 'last' as const }];
        expect(await rowsLookedAt({ order, cursor }, plans)).toBeLessThanOrEqual(2 * limit);
      }
    }
  });

  test.each(types)('in the order of an indexed %s, at any depth, both ways, nulls where one likes', async (type) => {
    const column = `c_${type.replaceAll(' ', '_')}`;
    const cursors = [
      undefined,
      ...(await Promise.all([10, 11, 10_000, 11_000, 19_800].map((at) => cursorAt(column, at)))),
    ];
    for (const direction of ['asc', 'desc'] as const) {
      for (const nulls of ['first', 'last'] as const) {
        for (const cursor of cursors) {
          const looked = await rowsLookedAt({ order: [{ column, direction, nulls }], cursor }, plans);
          expect(looked, `${column} ${direction} nulls ${nulls} after ${cursor?.last}`).toBeLessThanOrEqual(3 * limit);
        }
      }
    }
  });

  test('also of columns that lie in other tables', async () => {
    const order = [{ column: 'far', direction: 'desc' as const, nulls: 'last' as const }];
    const cursor = { version: 1, order: '', last: ['far 5000', '5000'] };
    expect(await rowsLookedAt({ order, cursor, columns: ['c_bigint', 'far'] }, plans)).toBeLessThanOrEqual(3 * limit);
  });

  test.each(types.filter((type) => type !== 'numeric' && type !== 'boolean'))(
    'that a filter on an indexed %s selects',
    async (type) => {
      const column = `c_${type.replaceAll(' ', '_')}`;
      const { last } = await cursorAt(column, 10_001);
      const value = last[0] ?? '';
      for (const filter of [
        { column, op: 'eq' as const, value },
        { column, op: 'in' as const, values: [value] },
        {
          and: [
            { column, op: 'gte' as const, value },
            { column, op: 'lte' as const, value },
          ],
        },
      ]) {
        expect(await rowsLookedAt({ order: [], filter }, plans), JSON.stringify(filter)).toBeLessThanOrEqual(3 * limit);
      }
    },
  );
});

test('the measure sees a page that looks at every row', async () => {
  const order = [{ column: 'c_text', direction: 'asc' as const, nulls: 'last' as const }];
  const request = { order, cursor: await cursorAt('c_text', 10_000) };
  const { indexed } = version;
  version = { ...version, indexed: [] };
  expect(await rowsLookedAt(request, 'force_custom_plan')).toBeGreaterThan(rows / 4);
  version = { ...version, indexed };
});
