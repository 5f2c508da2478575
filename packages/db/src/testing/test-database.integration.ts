import { expect, inject, test } from 'vitest';
import { createTestDatabase, type TestUser } from './index.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

test('the clone is migrated, and is not the template', async () => {
  const { rows } = await owner.query(`select current_database() as name,
    (select count(*)::int from supabase_migrations.schema_migrations) as migrations`);
  expect(rows).toEqual([{ name: database.name, migrations: expect.any(Number) }]);
  expect(database.name).not.toBe(inject('granaryTest').template);
});

test('two clones made at the same time do not see each other', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await one.pool('postgres').query('create table public.only_here ()');
  const { rows } = await two.pool('postgres').query("select to_regclass('public.only_here') as found");
  expect(rows).toEqual([{ found: null }]);
});

test.for<TestUser>(['supabase_admin', 'postgres', 'granary_api', 'granary_identity', 'granary_worker'])(
  '%s can log in to the clone',
  async (user) => {
    const { rows } = await database.pool(user).query('select current_user as user');
    expect(rows).toEqual([{ user: new URL(database.url(user)).username }]); // the same, unless the server was given
  },
);
