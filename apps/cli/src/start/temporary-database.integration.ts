import { spawnSync } from 'node:child_process';
import { access, chmod, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withClient } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { leftBehind } from '../testing/left-behind.ts';
import { makeTemporaryDatabase } from './temporary-database.ts';

const quiet = () => {};

test('a database of its own is empty, closed to others, and gone with its folder afterwards', async () => {
  const { database, home, remove } = await makeTemporaryDatabase(undefined, quiet);
  await withClient(database.url, async (client) => {
    const { rows } = await client.query(`select to_regclass('public.users') as users, current_database() as name`);
    expect(rows).toEqual([{ users: null, name: 'granary' }]);
  });
  expect((await stat(home)).mode & 0o077).toBe(0);
  expect((await leftBehind(process.pid)).length).toBeGreaterThan(1); // folder and server
  await remove();
  expect(await leftBehind(process.pid)).toEqual([]);
});

test('on a given server it is a database, dropped afterwards', async () => {
  const given = await createTestDatabase({ migrated: false });
  const { database, remove } = await makeTemporaryDatabase(given.url('supabase_admin'), quiet);
  const count = async () => {
    const name = new URL(database.url).pathname.slice(1);
    const { rowCount } = await given.pool('supabase_admin').query('select from pg_database where datname = $1', [name]);
    return rowCount;
  };
  expect(await count()).toBe(1);
  await remove();
  expect(await count()).toBe(0);
  await expect(access(path.dirname(path.dirname(database.loginsFile)))).rejects.toThrow('ENOENT');
});

test('what a killed check left behind is removed by the next one, its server too', async () => {
  const { pid } = spawnSync('true'); // some process that is over
  const folder = path.join(tmpdir(), `granary-check-${pid}-left`);
  await mkdir(folder);
  await chmod(folder, 0o755);
  await startEmbeddedPostgres({ directory: path.join(folder, 'postgres'), durable: false });
  expect(await leftBehind(pid)).not.toEqual([]);
  const { remove } = await makeTemporaryDatabase(undefined, quiet);
  await remove();
  expect(await leftBehind(pid)).toEqual([]);
});
