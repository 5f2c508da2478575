import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();

test('what one was told is listed and read, and one chooses what to be told of', async () => {
  const { port, url, env } = await startSettings(database);
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const inbox = (...args: string[]) => runCli(['inbox', ...args], keyed);
  const json = async (...args: string[]) => {
    const run = await inbox(...args, '--json');
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout);
  };

  // the worker that runs there hands on that a key was made
  await expect.poll(async () => (await json('list', '--unread')).length, { interval: 1000 }).toBeGreaterThan(0);
  const [told] = await json('list', '--unread');
  expect(told).toMatchObject({ type: 'api_key.created', readAt: null });
  expect((await inbox('list')).stdout).toMatch(/unread +Your API key “.+” was made$/m);
  expect((await inbox('read', told.id)).stdout).toBe('1 were unread\n');
  expect(await json('read', '--all')).toEqual({ marked: expect.any(Number) });
  expect((await inbox('list', '--unread')).stdout).toBe('nothing\n');

  expect((await inbox('preferences')).stdout).toMatch(/^todo\.due +on +immediate +A to-do is due$/m);
  expect((await inbox('preferences', 'todo.due', '--mail', 'weekly', '--inbox', 'off')).stdout).toMatch(
    /^todo\.due +off +weekly/m,
  );
  expect(await inbox('preferences', 'api_key.created', '--inbox', 'off')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('always in the inbox'),
  });
  expect(await inbox('preferences', 'no.such', '--mail', 'off')).toMatchObject({ code: 1 });
  expect(await inbox('preferences', 'todo.due')).toMatchObject({ code: 2 });
  expect(await inbox('read')).toMatchObject({ code: 2 });
  expect(await inbox('read', told.id, '--all')).toMatchObject({ code: 2 });
});
