import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();

/** An API, and the commands of somebody who has a key of its first organization. */
async function serve() {
  const { port, url, env } = await startSettings(database);
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const todo = (...args: string[]) => runCli(['todo', ...args], keyed);
  const json = async (...args: string[]) => {
    const run = await todo(...args, '--json');
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout);
  };
  return { todo, json };
}

test('a to-do is added, listed, shown, done and reopened; what is wrong is said', async () => {
  const { todo, json } = await serve();
  expect((await todo('list')).stdout).toBe('nothing\n');
  const made = await json('add', 'Look at the gaps', '--due', '2027-01-31', '--assignee', 'ADA@example.org');
  expect(made).toMatchObject({ title: 'Look at the gaps', dueOn: '2027-01-31', assigneeId: made.ownerId });
  const evil = await todo('add', 'clear\u001b[2J', '--notes', 'two\nlines');
  expect(evil.stdout).toMatch(/^\S+ {2}open {2}clear\\u001b\[2J\n$/);

  expect((await todo('list')).stdout).toMatch(/^\S+ +open +2027-01-31 +Look at the gaps$/m);
  expect(await json('list', '--assigned', '--due-before', '2027-02-01')).toEqual([made]);
  expect(await json('list', '--due-before', '2027-01-31')).toEqual([]);
  expect(await todo('list', '--limit', '1')).toMatchObject({ stderr: 'There are more than 1: see --limit.\n' });
  expect((await todo('show', made.id)).stdout).toMatch(/^assignee +\S+-\S+$/m);
  expect(await json('show', made.id)).toEqual(made);

  expect((await todo('done', made.id)).stdout).toBe(`${made.id}  done  Look at the gaps\n`);
  expect(await json('list', '--done')).toMatchObject([{ id: made.id }]);
  expect(await todo('done', made.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('completed already') });
  expect(await json('reopen', made.id)).toMatchObject({ completedAt: null });

  expect(await todo('show', crypto.randomUUID())).toMatchObject({ code: 1, stderr: 'granary: no such to-do\n' });
  expect(await todo('add', 'x', '--due', 'soon')).toMatchObject({ code: 1, stderr: expect.stringContaining('dueOn') });
  expect(await todo('add', 'x', '--dataset', 'nowhere')).toMatchObject({ code: 1 });
  expect(await todo('list', '--owned', '--everybody')).toMatchObject({ code: 2 });
  expect(await todo('list', '--done', '--all')).toMatchObject({ code: 2 });
  expect(await todo('list', '--limit', '0')).toMatchObject({ code: 2 });
});
