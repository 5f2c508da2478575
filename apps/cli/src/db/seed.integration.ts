import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { repository } from '../env.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { dumpSeed } from './dump-seed.ts';
import { loadSeed } from './load-seed.ts';

const source = await createTestDatabase();
const target = await createTestDatabase();
const owner = source.pool('postgres');
const url = source.url('postgres');
const organization = await createTestOrganization(owner, "O'Brien\\s \u00e9tude; --");
await owner.query(
  `insert into api_keys (tenant_id, user_id, name, secret_hash, scopes)
   values ($1, $2, 'the key of Ada', sha256('secret'), '{dataset:read}')`,
  [organization.tenantId, organization.as.owner.userId],
);
await owner.query(`insert into datasets (tenant_id, owner_id, name) values ($1, $2, 'private rows')`, [
  organization.tenantId,
  organization.as.owner.userId,
]);

const counts = async (database: typeof source) => {
  const { rows } = await database.pool('postgres').query(
    `select (select count(*)::int from users) as users, (select count(*)::int from organizations) as organizations,
       (select count(*)::int from user_roles) as granted, (select count(*)::int from api_keys) as keys`,
  );
  return rows[0];
};

test('what was dumped and loaded elsewhere dumps the same again, and may be loaded twice', async () => {
  const folder = await temporaryFolder();
  const [first, second] = [path.join(folder, 'first.sql'), path.join(folder, 'second.sql')];
  const { rows, leftOut } = await dumpSeed(url, first);
  expect(rows).toBeGreaterThan(40);
  expect([...leftOut.keys()]).toEqual(expect.arrayContaining(['api_keys', 'datasets', 'dataset_versions', 'uploads']));
  await loadSeed(target.url('postgres'), first);
  await loadSeed(target.url('postgres'), first);
  await dumpSeed(target.url('postgres'), second);
  expect(await readFile(second, 'utf8')).toBe(await readFile(first, 'utf8'));
  expect(await counts(target)).toEqual({ ...(await counts(source)), keys: 0 });
  const { rows: names } = await target.pool('postgres').query('select name from organizations');
  expect(names).toEqual([{ name: "O'Brien\\s \u00e9tude; --" }]);
});

test('a dump holds neither keys nor datasets', async () => {
  const file = path.join(await temporaryFolder(), 'seed.sql');
  await dumpSeed(url, file);
  const text = await readFile(file, 'utf8');
  expect(text).not.toMatch(/insert into public\.(api_keys|datasets|permissions|audit_events)/);
  expect(text).not.toContain('key of Ada');
  expect(text).not.toContain('private rows');
});

test('a new table that looks as if it held secrets stops the dump', async () => {
  await owner.query('create table public.webhooks (id int primary key, signing_secret text)');
  onTestFinished(async () => void (await owner.query('drop table public.webhooks')));
  const file = path.join(await temporaryFolder(), 'seed.sql');
  await expect(dumpSeed(url, file)).rejects.toThrow('webhooks.signing_secret looks like a secret');
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

test('tables that refer to each other stop the dump instead of making a seed that does not load', async () => {
  await owner.query(`create table public.one (id int primary key);
    create table public.two (id int primary key, one_id int references public.one);
    alter table public.one add two_id int references public.two`);
  onTestFinished(async () => void (await owner.query('drop table public.one, public.two cascade')));
  const file = path.join(await temporaryFolder(), 'seed.sql');
  await expect(dumpSeed(url, file)).rejects.toThrow('refer to each other: one, two');
});

test('a seed that fails names its line and leaves nothing behind', async () => {
  const before = await counts(target);
  const file = path.join(await temporaryFolder(), 'bad.sql');
  await writeFile(file, `insert into users (email) values ('x@y.example');\n\nselect nonsense;\n`);
  await expect(loadSeed(target.url('postgres'), file)).rejects.toThrow(/bad\.sql:3: column "nonsense"/);
  expect(await counts(target)).toEqual(before);
});

test('the repository’s seed makes its organization once, however often it is loaded', async () => {
  const fresh = await createTestDatabase();
  const env = { DATABASE_URL: fresh.url('postgres') };
  expect(await runCli(['db', 'seed', 'load'], env)).toMatchObject({ code: 0, stderr: '' });
  const { rows } = await fresh.pool('postgres').query('select type from outbox_events');
  expect(rows, 'nobody is told of what a seed says').toEqual([]);
  expect((await runCli(['db', 'seed', 'load', path.join(repository, 'supabase/seed.sql')], env)).code).toBe(0);
  const file = path.join(await temporaryFolder(), 'seed.sql');
  expect((await runCli(['db', 'seed', 'dump', file], env)).stdout).toMatch(/^\d+ rows written/);
  const text = await readFile(file, 'utf8');
  expect(text.match(/Example Observatory/g)).toHaveLength(1);
  expect(text).toMatch(/ada@example\.org[\s\S]*ben@example\.org/);
});

test('a file that is there is replaced on demand only', async () => {
  const file = path.join(await temporaryFolder(), 'seed.sql');
  await writeFile(file, 'precious');
  const env = { DATABASE_URL: url };
  expect(await runCli(['db', 'seed', 'dump', file], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  });
  expect(await readFile(file, 'utf8')).toBe('precious');
  expect((await runCli(['db', 'seed', 'dump', file, '--yes'], env)).code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('insert into public.users');
});
