import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../pool.ts';
import { createTestDatabase, createTestOrganization, hasPooler, startPooler } from '../testing/index.ts';
import { asUser, createDatabase, type Database, query, readAsUser } from './session.ts';

// Two server connections for eight clients: every transaction can land on another backend, so whatever leaks, or is not
// there, shows up.
describe.runIf(hasPooler())('through a transaction-mode pooler', async () => {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  const organizations = await Promise.all(['a', 'b', 'c'].map((name) => createTestOrganization(owner, name)));
  let pooled: Database;
  let close = async () => {};

  beforeAll(async () => {
    for (const { tenantId, as } of organizations) {
      await owner.query('insert into datasets (tenant_id, owner_id, name) values ($1, $2, $3)', [
        tenantId,
        as.editor.userId,
        'one',
      ]);
    }
    const pooler = await startPooler(database, { mode: 'transaction', connections: 2 });
    const opened = await openPool(pooler.url('granary_api'), { poolSize: 8 });
    expect(opened).toMatchObject({ pooled: true, prepared: false });
    pooled = createDatabase(opened.pool, { prepared: opened.prepared });
    close = async () => {
      await opened.pool.end();
      await pooler.stop();
    };
  });
  afterAll(() => close());

  test('both kinds of session keep users apart, with no named statement', async () => {
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const { tenantId, as } = organizations[index % 3]!;
        const rows =
          index % 2 === 0
            ? await readAsUser(pooled, as.editor, 'dataset:read').rows(query.selectFrom('datasets').select('tenant_id'))
            : await asUser(pooled, as.editor, 'dataset:read', async (db) => {
                await sql`select pg_sleep(0.002)`.execute(db);
                return db.selectFrom('datasets').select('tenant_id').execute();
              });
        expect(rows).toEqual([{ tenant_id: tenantId }]);
      }),
    );
    const { rows } =
      await pooled.pool.query(`select current_user as user, nullif(current_setting('request.jwt.claims', true), '') as claims,
      (select count(*) from pg_prepared_statements) as prepared`);
    expect(rows).toEqual([{ user: 'granary_api', claims: null, prepared: 0 }]);
  });

  test('an error inside the implicit transaction leaves the shared backend clean', async () => {
    const reader = readAsUser(pooled, organizations[0]!.as.editor, null);
    const failing = Array.from({ length: 40 }, () => reader.rows(query.selectNoFrom(sql`1/0`.as('x'))));
    expect((await Promise.allSettled(failing)).every(({ status }) => status === 'rejected')).toBe(true);
    const { rows } = await pooled.pool.query('select current_user as user, pg_current_xact_id_if_assigned() as xact');
    expect(rows).toEqual([{ user: 'granary_api', xact: null }]);
  });
});
