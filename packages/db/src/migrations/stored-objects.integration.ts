import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase, createTestOrganization } from '../testing/index.ts';
import { prepareDatabase } from './prepare-database.ts';
import { migrationsDirectory } from './read-migrations.ts';

const database = await createTestDatabase({ migrated: false });
const owner = database.pool('postgres');
const urls = { url: database.url('postgres'), administratorUrl: database.url('supabase_admin') };

test('a database of before objects were recorded gets a row for each, so that none is collected', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'granary-migrations-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const name of await readdir(migrationsDirectory))
    if (name < '20261127010000') await cp(path.join(migrationsDirectory, name), path.join(directory, name));
  await prepareDatabase({ ...urls, directory });
  const { tenantId, as } = await createTestOrganization(owner, 'ours');
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
  const values = [tenantId, as.editor.userId, a, b, c];
  await owner.query(
    `with uploaded as (
       insert into uploads (tenant_id, user_id, file_name, bytes, state, sha256, finished_at, expires_at)
       select $1, $2, 'f', 1, 'finished', digest, now(), now() from unnest(array[$3, $4]) digest
     ), dataset as (
       insert into datasets (tenant_id, owner_id, name) values ($1, $2, 'd') returning id
     ), version as (
       insert into dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, created_by)
       select $1, id, number, $3, 1, 'f', $2 from dataset, generate_series(1, 2) number returning dataset_id, id, number
     )
     insert into dataset_exports (tenant_id, dataset_id, version_id, format, request, sha256, created_by)
     select $1, dataset_id, id, 'csv', '{}', $5, $2 from version`,
    values,
  );
  await prepareDatabase(urls);
  await owner.query(`select app.doom_objects('0')`);
  const { rows } = await owner.query(
    'select sha256, bytes::int, unreferenced_since from stored_objects order by sha256',
  );
  expect(rows).toEqual([
    { sha256: a, bytes: 1, unreferenced_since: null },
    { sha256: b, bytes: 1, unreferenced_since: null },
    { sha256: c, bytes: 0, unreferenced_since: null },
  ]);
});
