import { describe, expect, test } from 'vitest';
import { prepareDatabase } from '../migrations/prepare-database.ts';
import { createTestDatabase } from '../testing/index.ts';
import { checkSecurity } from './check-security.ts';

const describeDefects = async (client: Parameters<typeof checkSecurity>[0]) =>
  (await checkSecurity(client)).map(({ subject, problem }) => `${subject}: ${problem}`);

test('the schema has no defect', async () => {
  const database = await createTestDatabase();
  expect(await describeDefects(database.pool('postgres'))).toEqual([]);
});

test('nor has it where an old Supabase project grants every new table to anon', async () => {
  const database = await createTestDatabase({ migrated: false });
  const administratorUrl = database.url('supabase_admin');
  const owner = database.pool('postgres');
  await owner.query(`
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role`);
  await prepareDatabase({ url: database.url('postgres'), administratorUrl });
  expect(await describeDefects(owner)).toEqual([]);
});

describe('the check notices', () => {
  test.each([
    ['a table without row level security', 'create table naked (id int)', 'public.naked: row level security is off'],
    [
      'row level security that spares the owner',
      'create table t (tenant_id uuid not null); alter table t enable row level security',
      'public.t: row level security is not forced on the owner',
    ],
    ['a table without a policy', 'create table t (tenant_id uuid not null)', 'public.t: no policy'],
    ['a table without a tenant', 'create table t (id int)', 'public.t: no tenant_id that is not null'],
    [
      'a tenant that can be changed',
      'grant update on datasets to granary_member',
      'public.datasets: the tenant column can be updated by granary_member',
    ],
    ['a policy for everybody', 'create policy p on datasets using (true)', 'public.datasets: policy p is for PUBLIC'],
    [
      'a policy that asks nobody',
      'create policy p on datasets to authenticated using (true)',
      'public.datasets: policy p does not ask an access function in a subselect',
    ],
    [
      'a policy that asks for each row',
      'create policy p on datasets to authenticated using (app.may_read_dataset(id))',
      'public.datasets: policy p does not ask an access function in a subselect',
    ],
    ['a grant to anon', 'grant select on datasets to anon', 'public.datasets: grants SELECT to anon'],
    [
      'a grant of one column to anon',
      'grant select (name) on datasets to anon',
      'public.datasets: grants SELECT to anon',
    ],
    [
      'a way to write past the API',
      'grant insert (name) on datasets to authenticated',
      'public.datasets: grants INSERT to authenticated',
    ],
    [
      'a right to truncate',
      'grant truncate on datasets to granary_member',
      'public.datasets: grants TRUNCATE to granary_member',
    ],
    ['an open queue', 'grant usage on schema jobs to authenticated', 'jobs: can be used by authenticated'],
    [
      'a view with its owner’s rights',
      'create view peek as select * from datasets',
      'public.peek: view without security_invoker',
    ],
    ['a materialized view', 'create materialized view stale as select 1 as x', 'public.stale: knows no policies'],
    [
      'a reference without the tenant',
      'alter table datasets add foreign key (current_version_id) references dataset_versions (id)',
      'public.datasets: foreign key datasets_current_version_id_fkey does not include tenant_id',
    ],
    [
      'a reference without an index',
      'alter table quarantined_rows add column other uuid references users',
      'public.quarantined_rows: foreign key quarantined_rows_other_fkey has no index',
    ],
    [
      'a function that anybody may call',
      'create function app.f() returns int language sql return 1',
      'app.f(): can be executed by anon',
    ],
    [
      'a definer function with the caller’s search_path',
      'create function app.f() returns int language sql security definer return 1',
      'app.f(): security definer without a fixed search_path',
    ],
    [
      'default privileges',
      'alter default privileges for role postgres in schema public grant select on tables to anon',
      'public: default privileges for anon',
    ],
    [
      'a data table of nobody',
      'create table data.v_1 (tenant_id uuid not null)',
      'data.v_1: its policies do not ask for its own dataset alone',
    ],
    ['a login that inherits', 'alter role granary_api inherit', 'granary_api: inherits the rights of granary_member'],
  ])('%s', async (_, statement, defect) => {
    const database = await createTestDatabase();
    const client = await database.pool('supabase_admin').connect();
    try {
      await client.query('begin'); // roles belong to the cluster: nothing here may stay
      await client.query(
        statement.replace('for role postgres', `for role ${new URL(database.url('postgres')).username}`),
      );
      expect(await describeDefects(client)).toContain(defect);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
