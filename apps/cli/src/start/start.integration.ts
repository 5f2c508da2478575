import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test, vi } from 'vitest';
import { repository } from '../env.ts';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { leftBehind } from '../testing/left-behind.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const ready = /Ctrl-C stops everything/;
const run = promisify(execFile);

/** The pid of a service that a `granary start` runs, by the first line of its log. */
/** From the first line of its log, which a busy machine may write after the start has said that it is ready. */
function pidOf(home: string, service: 'api' | 'worker'): Promise<number> {
  return vi.waitFor(
    async () => {
      const log = await readFile(path.join(home, `logs/${service}.log`), 'utf8');
      return Number(/"pid":(\d+)/.exec(log)?.[1] ?? expect.fail(`the ${service} has logged nothing yet`));
    },
    { timeout: 300_000 },
  );
}

test('on a database of somebody’s own no sample goes in, and it says how to make the first organization', async () => {
  const { port, url, env } = await startSettings(database);
  const { pid, output, written, kill, ended } = startCli(['start', '--port', port], env);
  await written(ready);
  expect(output.stdout).toContain('admin bootstrap --email');
  expect(output.stdout).toContain(`${url}/docs`);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  const { rows } = await database.pool('postgres').query('select count(*)::int as n from users');
  expect(rows).toEqual([{ n: 0 }]);
  const logs = path.join(env.GRANARY_HOME ?? '', 'logs');
  for (const file of await readdir(logs)) expect((await stat(path.join(logs, file))).mode & 0o077).toBe(0);

  const [api, worker] = [await pidOf(env.GRANARY_HOME ?? '', 'api'), await pidOf(env.GRANARY_HOME ?? '', 'worker')];
  for (const service of [api, worker]) {
    const environment = await readFile(`/proc/${service}/environ`, 'utf8');
    expect(environment).toContain('granary_');
    expect(environment, 'the owner’s URL is not for the services').not.toContain(env.DATABASE_URL);
    expect(await readlink(`/proc/${service}/cwd`)).toBe(path.resolve(repository));
  }
  kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(output.stdout).toMatch(/stopped\n$/);
  expect(await leftBehind(pid)).toEqual([]);
});

test('a worker that dies ends it with the tail of its log', async () => {
  const { port, env } = await startSettings(database);
  const { pid, output, written, ended } = startCli(['start', '--port', port], env);
  await written(ready);
  process.kill(await pidOf(env.GRANARY_HOME ?? '', 'worker'), 'SIGKILL');
  expect(await ended).toBe(1);
  expect(output.stderr).toMatch(/^granary: the worker ended \(SIGKILL\)\. The end of the worker's log:\n\{.*ready/m);
  expect(await leftBehind(pid)).toEqual([]);
});

test('api and worker do not outlive a start that was killed', async () => {
  const { port, env } = await startSettings(database);
  const { pid, written, kill, ended } = startCli(['start', '--port', port], env);
  await written(ready);
  expect(await leftBehind(pid)).toHaveLength(2);
  kill('SIGKILL');
  await ended;
  await vi.waitFor(async () => expect(await leftBehind(pid)).toEqual([]), { timeout: 300_000 });
});

test('a port that is taken is named when somebody asked for it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = typeof address === 'object' && address ? String(address.port) : '';
  const { env } = await startSettings(database);
  const { code, stderr } = await runCli(['start', '--port', taken], env);
  server.close();
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`port ${taken} is in use`) });
});

test('the demo loads its files once, and what it prints to paste works', async () => {
  const demoDatabase = await createTestDatabase();
  const { port, env } = await startSettings(demoDatabase);
  const first = startCli(['start', '--demo', '--port', port], env);
  await first.written(ready);
  expect(first.output.stdout).toMatch(/zipcodes\.csv +42,049 +0 +\d+\.\d\d +text 4, double precision 2/);
  expect(first.output.stdout).toMatch(/flights-3m\.parquet +3,000,000 +0/);
  expect(first.output.stdout).toMatch(/of another organization +nothing/);
  const [, curl = ''] = /^ {2}(curl .*)$/m.exec(first.output.stdout) ?? [];
  const { stdout: answer } = await run('sh', ['-c', curl]);
  expect(JSON.parse(answer).rows[0]).toEqual(['00501', 40.922326, -72.637078, 'Holtsville', 'NY', 'Suffolk']);
  const { stdout: table } = await run(process.execPath, [path.join(env.GRANARY_HOME ?? '', 'try.ts')]);
  expect(table).toContain("'00501'");
  const listed = await runCli(['dataset', 'list', '--json'], await demoCredentials(env));
  expect(JSON.parse(listed.stdout)).toHaveLength(4);
  first.kill('SIGINT');
  expect(await first.ended).toBe(0);

  const second = startCli(['start', '--demo', '--port', port], env);
  await second.written(ready);
  expect(second.output.stdout.match(/loaded before/g)).toHaveLength(4);
  second.kill('SIGINT');
  await second.ended;
});

/** The key of the demo: of a database with a URL it lies in a file of its own, which no command reads by itself. */
async function demoCredentials(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const home = env.GRANARY_HOME ?? '';
  const [file = ''] = (await readdir(home)).filter((name) => name.startsWith('demo-'));
  const { url, owner } = JSON.parse(await readFile(path.join(home, file), 'utf8'));
  return { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: owner.apiKey };
}
