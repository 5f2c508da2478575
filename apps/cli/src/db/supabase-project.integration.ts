import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { repository } from '../env.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const program = fileURLToPath(new URL('../../node_modules/.bin/supabase', import.meta.url));
const configuration = path.join(repository, 'supabase/config.toml');

/** The Supabase CLI on a copy of our project; what it prints. */
async function pushWithSeed(project: string, url: string): Promise<string> {
  const env = { ...process.env, HOME: project, DO_NOT_TRACK: '1' };
  const args = ['db', 'push', '--include-seed', '--yes', '--db-url', url];
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: project, env });
  return stdout + stderr;
}

async function copyOfProject(): Promise<string> {
  const project = await temporaryFolder();
  await cp(path.join(repository, 'supabase'), path.join(project, 'supabase'), { recursive: true });
  return project;
}

test('the Supabase CLI takes our configuration and our seed', async () => {
  const [database, project] = [await createTestDatabase(), await copyOfProject()];
  await pushWithSeed(project, database.url('postgres'));
  const { rows } = await database.pool('postgres').query('select email from users order by email');
  expect(rows).toEqual([{ email: 'ada@example.org' }, { email: 'ben@example.org' }]);
});

test('it reads the configuration: one that is broken is refused', async () => {
  const [database, project] = [await createTestDatabase(), await copyOfProject()];
  const broken = (await readFile(configuration, 'utf8')).replace('major_version = 17', 'major_version = "no"');
  await writeFile(path.join(project, 'supabase/config.toml'), broken);
  await expect(pushWithSeed(project, database.url('postgres'))).rejects.toThrow();
});

test('PostgREST gets the schema public and no other', async () => {
  const [, list] = /^schemas = (\[.*\])$/m.exec(await readFile(configuration, 'utf8')) ?? [];
  expect(JSON.parse(list ?? '')).toEqual(['public']);
});
