import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { createTestDatabase } from '../testing/index.ts';
import { withClient } from '../with-client.ts';
import { migrate } from './migrate.ts';
import { migrationStatus } from './migration-status.ts';
import { migrationsDirectory } from './read-migrations.ts';

const database = await createTestDatabase();
const project = await mkdtemp(path.join(tmpdir(), 'granary-supabase-'));
const directory = path.join(project, 'supabase/migrations');
await cp(migrationsDirectory, directory, { recursive: true });
afterAll(() => rm(project, { recursive: true }));

const program = fileURLToPath(new URL('../../node_modules/.bin/supabase', import.meta.url));
const cli = async (...args: string[]) => {
  const options = { cwd: project, env: { ...process.env, HOME: project, DO_NOT_TRACK: '1' } };
  const { stdout, stderr } = await promisify(execFile)(
    program,
    [...args, '--db-url', database.url('postgres')],
    options,
  );
  return stdout + stderr;
};
const asOwner = <T>(use: Parameters<typeof withClient<T>>[1]) => withClient(database.url('postgres'), use);

test('after our runner the Supabase CLI has nothing to push', async () => {
  expect(await cli('db', 'push', '--dry-run')).toContain('up to date');
});

test('what the Supabase CLI pushes counts as applied and unchanged here', async () => {
  const sql = "-- more;\ncreate table app.more (id int); select ';', $$;$$;\n";
  await writeFile(path.join(directory, '21000101000000_more.sql'), sql);
  expect(await cli('db', 'push', '--dry-run')).toContain('21000101000000_more.sql');
  expect(await cli('db', 'push', '--yes')).toContain('21000101000000_more.sql');
  expect(await asOwner((client) => migrate(client, directory))).toEqual([]);
  const states = await asOwner((client) => migrationStatus(client, directory));
  expect(states.filter(({ state }) => state !== 'applied')).toEqual([]);
});

test('`supabase migration list` shows every migration of ours as applied', async () => {
  await writeFile(path.join(directory, '21000102000000_ours.sql'), 'create table app.ours (id int)');
  expect(await asOwner((client) => migrate(client, directory))).toEqual(['21000102000000']);
  const list = await cli('migration', 'list');
  const states = await asOwner((client) => migrationStatus(client, directory));
  for (const { version } of states) expect(list).toMatch(new RegExp(`${version}\\W+${version}`));
});
