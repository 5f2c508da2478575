import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { createTestDatabase, createTestOrganization } from '../testing/index.ts';
import { asUser, createDatabase, query, readAsUser } from './session.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const pool = database.pool('granary_api', { poolSize: 2 });
const prepared = createDatabase(pool, { prepared: true });
const unnamed = createDatabase(pool, { prepared: false });
const organizations = await Promise.all(['a', 'b', 'c'].map((name) => createTestOrganization(owner, name)));

const names = query.selectFrom('datasets').select(['name', 'tenant_id']);

beforeAll(async () => {
  for (const { tenantId, as } of organizations) {
    await owner.query('insert into datasets (tenant_id, owner_id, name) values ($1, $2, $3)', [
      tenantId,
      as.editor.userId,
      'one',
    ]);
  }
});

/** Every connection of the pool must be back to the login, without claims or a transaction. */
async function expectCleanPool() {
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of clients) {
    const { rows } =
      await client.query(`select current_user as user, nullif(current_setting('request.jwt.claims', true), '') as claims,
      current_setting('transaction_read_only') as read_only, pg_current_xact_id_if_assigned() as xact`);
    expect(rows[0]).toEqual({ user: 'granary_api', claims: null, read_only: 'off', xact: null });
    client.release();
  }
}

test('the login itself can read nothing', async () => {
  await expect(prepared.kysely.selectFrom('datasets').selectAll().execute()).rejects.toThrow(
    /permission denied|does not exist/,
  ); // without USAGE on the schema
});

test('interleaved users on two connections each see their own organization only', async () => {
  await Promise.all(
    Array.from({ length: 150 }, async (_, index) => {
      const { tenantId, as } = organizations[index % 3]!;
      const from = index % 4 < 2 ? prepared : unnamed;
      const rows =
        index % 2 === 0
          ? await readAsUser(from, as.editor, 'dataset:read').rows(names)
          : await asUser(from, as.editor, 'dataset:read', async (db) => {
              await sql`select pg_sleep(0.001)`.execute(db);
              return db.selectFrom('datasets').select(['name', 'tenant_id']).execute();
            });
      expect(rows).toEqual([{ name: 'one', tenant_id: tenantId }]);
    }),
  );
  await expectCleanPool();
});

test('several reads come back in their order, from one transaction', async () => {
  const { as, tenantId } = organizations[0]!;
  const reader = readAsUser(prepared, as.editor, 'dataset:read');
  const now = query.selectNoFrom(sql<string>`now()`.as('now'));
  const [first, datasets, second] = await reader.together(now, names, now);
  expect(datasets).toEqual([{ name: 'one', tenant_id: tenantId }]);
  expect(first).toEqual(second);
});

test('nothing leaks after an error in SQL, an error in code, or a swallowed error', async () => {
  const { as } = organizations[0]!;
  const fails = sql`1/0`.as('x');
  await expect(asUser(prepared, as.editor, null, (db) => sql`select 1/0`.execute(db))).rejects.toThrow(
    'division by zero',
  );
  await expect(asUser(prepared, as.editor, null, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  await expect(
    asUser(prepared, as.editor, null, (db) => sql`select 1/0`.execute(db).catch(() => 'fine')),
  ).rejects.toThrow();
  for (const from of [prepared, unnamed]) {
    const reader = readAsUser(from, as.editor, null);
    await expect(reader.together(names, query.selectNoFrom(fails))).rejects.toThrow('division by zero');
    expect(await reader.rows(names)).toHaveLength(1); // the same connection goes on, also with its named statements
  }
  await expectCleanPool();
});

test('a statement that cannot be planned leaves no name behind that would block the next', async () => {
  const { as } = organizations[0]!;
  const reader = readAsUser(prepared, as.editor, null);
  const broken = query.selectNoFrom(sql`no_such_function()`.as('x'));
  for (let round = 0; round < 3; round += 1) await expect(reader.rows(broken)).rejects.toThrow('no_such_function');
  expect(await reader.together(names, names)).toHaveLength(2);
});

test('named statements are bounded, and dropped ones are closed on the server', async () => {
  const single = createDatabase(database.pool('granary_api', { poolSize: 1 }), { prepared: true });
  const reader = readAsUser(single, organizations[0]!.as.editor, null);
  for (let index = 0; index < 400; index += 1) {
    await reader.rows(query.selectNoFrom(sql.lit(index).as('n')));
  }
  const [row] = await reader.rows(
    query.selectNoFrom(sql<number>`(select count(*) from pg_prepared_statements)`.as('n')),
  );
  expect(row?.n).toBeGreaterThan(100);
  expect(row?.n).toBeLessThan(270);
});

test('nothing leaks after a cancelled query or a killed connection', async () => {
  const { as } = organizations[0]!;
  const asleep = `from pg_stat_activity where usename = 'granary_api' and state = 'active' and query like '%pg_sleep(10)%' and datname = $1`;
  for (const signal of ['pg_cancel_backend', 'pg_terminate_backend']) {
    const failures = Promise.allSettled([
      asUser(prepared, as.editor, null, (db) => sql`select pg_sleep(10)`.execute(db)),
      readAsUser(prepared, as.editor, null).rows(query.selectNoFrom(sql`pg_sleep(10)`.as('x'))),
    ]);
    await expect.poll(async () => (await owner.query(`select 1 ${asleep}`, [database.name])).rowCount).toBe(2);
    await owner.query(`select ${signal}(pid) ${asleep}`, [database.name]);
    expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // the query fails before the socket closes: until then the pool may hand the dying client out once more
    if (signal === 'pg_terminate_backend') await expect.poll(() => pool.totalCount).toBe(0);
    await expectCleanPool();
  }
});

test('the fast path is read-only', async () => {
  const { as } = organizations[1]!;
  const write = query.updateTable('datasets').set({ name: 'x' });
  await expect(readAsUser(prepared, as.editor, null).rows(write)).rejects.toThrow('read-only transaction');
  await expectCleanPool();
});

test('a session is refused for want of membership, permission or an active account', async () => {
  const [mine, other] = organizations as [(typeof organizations)[0], (typeof organizations)[0]];
  const open = (identity: typeof mine.as.editor, permission: string | null) =>
    readAsUser(prepared, identity, permission).rows(names);
  await expect(open({ ...mine.as.editor, tenantId: other.tenantId }, 'dataset:read')).rejects.toMatchObject({
    code: 'GR404',
  });
  await expect(open(mine.as.auditor, 'dataset:read')).rejects.toMatchObject({ code: 'GR403' });
  await expect(open({ ...mine.as.editor, userId: other.tenantId }, null)).rejects.toMatchObject({ code: 'GR401' });
  await expect(open({ ...mine.as.editor, keyId: other.tenantId }, null)).rejects.toMatchObject({ code: 'GR401' });
  await owner.query('update users set is_active = false where id = $1', [mine.as.viewer.userId]);
  await expect(open(mine.as.viewer, 'dataset:read')).rejects.toMatchObject({ code: 'GR401' });
});

test('claims cannot be used to break out of the literal', async () => {
  const identity = { ...organizations[0]!.as.editor, requestId: `'; reset role; --` };
  const rows = await readAsUser(prepared, identity, null).rows(
    query.selectNoFrom(sql<string>`current_user`.as('user')),
  );
  expect(rows).toEqual([{ user: 'granary_member' }]);
});
