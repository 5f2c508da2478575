import { readFile, stat, writeFile } from 'node:fs/promises';
import { createTestDatabase } from '@granary/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { givenDatabase } from '../database/owner-database.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const empty = await createTestDatabase({ migrated: false });
const migrated = await createTestDatabase();
const states = z.array(z.object({ version: z.string(), name: z.string(), state: z.string() }));

test('status, up and check go from an empty database to one without defects', async () => {
  // a superuser here: the plain owner of this server may not make the roles that other databases have made already
  const env = { DATABASE_URL: empty.url('supabase_admin') };
  const before = await runCli(['db', 'status', '--json'], env);
  expect(new Set(states.parse(JSON.parse(before.stdout)).map(({ state }) => state))).toEqual(new Set(['pending']));
  const failed = await runCli(['db', 'check'], env);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('_tenancy: pending') });
  expect((await runCli(['db', 'roles'], env)).stderr).toContain('granary db up');

  const up = await runCli(['db', 'up'], env);
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/applied \d{14}\n[\s\S]*migrations applied\n$/) });
  expect((await runCli(['db', 'up', '--json'], env)).stdout).toBe('{"applied":[]}\n');
  const after = await runCli(['db', 'status'], env);
  expect(after.stdout).not.toContain('pending');
  expect(after.stdout).toMatch(/^version +name +state\n\d{14} {2}roles_and_schemas +applied\n/);
});

test('check lists every defect and fails', async () => {
  const env = { DATABASE_URL: migrated.url('postgres') };
  expect(await runCli(['db', 'check'], env)).toEqual({ code: 0, stdout: 'no defect found\n', stderr: '' });
  await migrated.pool('postgres').query('create table public.naked (id int)');
  onTestFinished(async () => void (await migrated.pool('postgres').query('drop table public.naked')));
  const { code, stdout, stderr } = await runCli(['db', 'check'], env);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^granary: \d+ defects found\n$/) });
  expect(stdout).toContain('public.naked: row level security is off');
  const json = z.object({ ok: z.literal(false), defects: z.array(z.object({ subject: z.string() })) });
  const { defects } = json.parse(JSON.parse((await runCli(['db', 'check', '--json'], env)).stdout));
  expect(defects.map(({ subject }) => subject)).toContain('public.naked');
});

test('a migration that was edited after it was applied is a defect', async () => {
  const database = await createTestDatabase();
  await database
    .pool('postgres')
    .query(`update supabase_migrations.schema_migrations set statements = '{select 1}' where name = 'tenancy'`);
  const { code, stdout } = await runCli(['db', 'check'], { DATABASE_URL: database.url('postgres') });
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('_tenancy: edited') });
});

test('roles prints the URLs that are kept, while they work', async () => {
  const home = await temporaryFolder();
  const url = migrated.url('postgres');
  // the server's other databases log in with these: no new passwords may be made here
  const known = {
    api: migrated.url('granary_api'),
    identity: migrated.url('granary_identity'),
    worker: migrated.url('granary_worker'),
  };
  const { loginsFile } = givenDatabase(url, home);
  await writeFile(loginsFile, JSON.stringify(known));
  const { code, stdout } = await runCli(['db', 'roles'], { DATABASE_URL: url, GRANARY_HOME: home });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    `GRANARY_API_DATABASE_URL=${known.api}`,
    `GRANARY_IDENTITY_DATABASE_URL=${known.identity}`,
    `GRANARY_WORKER_DATABASE_URL=${known.worker}`,
    '',
  ]);
  expect(JSON.parse(await readFile(loginsFile, 'utf8'))).toEqual(known);
  expect((await stat(loginsFile)).mode & 0o777).toBe(0o600);
});

test('new refuses a name that is no file name', async () => {
  const { code, stderr } = await runCli(['db', 'new', 'drop; table']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('letters, digits') });
});
