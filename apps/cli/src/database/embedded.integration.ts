import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { withOwnerDatabase } from './owner-database.ts';

const quiet = () => {};
const isRunning = (home: string) =>
  readFile(path.join(home, 'postgres/17/data/postmaster.pid')).then(
    () => true,
    () => false,
  );

/** A home whose server is gone after the test, also when the test failed. */
async function temporaryHome(): Promise<string> {
  const home = await temporaryFolder();
  onTestFinished(async () => {
    const server = await startEmbeddedPostgres({ directory: path.join(home, 'postgres'), durable: false });
    await server.remove();
  });
  return home;
}

test('without DATABASE_URL the commands share a server of their own, and the last one stops it', async () => {
  const home = await temporaryHome();
  await withOwnerDatabase({ databaseUrl: undefined, home }, quiet, async ({ url, loginsFile }) => {
    const env = { GRANARY_HOME: home };
    expect(await runCli(['db', 'up'], env)).toMatchObject({ code: 0, stderr: '' });
    // the command found the server running and must have left it so
    await withClient(url, async (client) => {
      expect((await client.query('select from public.organizations')).rowCount).toBe(0);
    });
    const first = await runCli(['db', 'roles', '--json'], env);
    expect((await runCli(['db', 'roles', '--json'], env)).stdout).toBe(first.stdout);
    const rotated = await runCli(['db', 'roles', '--json', '--rotate'], env);
    expect(rotated.stdout).not.toBe(first.stdout);
    expect(Object.values(JSON.parse(rotated.stdout))).toEqual(
      Object.values(JSON.parse(await readFile(loginsFile, 'utf8'))),
    );
    await expect(withClient(JSON.parse(first.stdout).GRANARY_API_DATABASE_URL, async () => {})).rejects.toThrow(
      'password',
    );
    expect(await isRunning(home)).toBe(true);
  });
  expect(await isRunning(home)).toBe(false);
  expect((await runCli(['db', 'check'], { GRANARY_HOME: home })).stdout).toBe('no defect found\n');
  expect(await isRunning(home)).toBe(false);
});

test('commands that start together do not stop the server under each other', async () => {
  const home = await temporaryHome();
  const statuses = Array.from({ length: 4 }, () => runCli(['db', 'status'], { GRANARY_HOME: home }));
  for (const { code, stderr } of await Promise.all(statuses)) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await isRunning(home)).toBe(false);
});

test('a server that ends under a command is noticed', async () => {
  const home = await temporaryHome();
  await withOwnerDatabase({ databaseUrl: undefined, home }, quiet, async ({ lost }) => {
    const [pid] = (await readFile(path.join(home, 'postgres/17/data/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    await expect(lost).rejects.toThrow(/PostgreSQL .* ended or closed the connection/);
  });
});
