import { describe, expect, test } from 'vitest';
import { runCliProcess } from './testing/cli-process.ts';
import { runCli } from './testing/run-cli.ts';

/** Names of what stands below a command, as its help lists them. */
const below = (help: string): string[] =>
  [...(help.split(/^Commands:$/m)[1] ?? '').matchAll(/^ {2}(?!help\b)([a-z][a-z-]*)/gm)].map(([, name]) => name!);

async function everyCommand(args: readonly string[] = []): Promise<{ args: readonly string[]; help: string }[]> {
  const { code, stdout, stderr } = await runCli([...args, '--help'], { DATABASE_URL: 'nonsense' });
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  const found = [{ args, help: stdout }];
  for (const name of below(stdout)) found.push(...(await everyCommand([...args, name])));
  return found;
}

test('every command explains itself, whatever is set', async () => {
  const commands = await everyCommand();
  for (const { args, help } of commands) expect(help).toContain(`Usage: granary ${args.join(' ')}`.trim());
  const names = commands.map(({ args }) => args.join(' '));
  expect(names).toEqual(
    expect.arrayContaining([
      'start',
      'db seed dump',
      'dataset load',
      'source backfill',
      'image report',
      'feed get',
      'watch add',
    ]),
  );
  expect(names.length).toBeGreaterThan(100);
});

describe('a wrong call is exit code 2, and says what is wrong', () => {
  test.each([
    [[], 'Commands:'],
    [['nonsense'], "unknown command 'nonsense'"],
    [['db', 'new'], "missing required argument 'name'"],
    [['db', 'status', '--nonsense'], "unknown option '--nonsense'"],
    [['start', '--port', '65536'], 'from 0 (any free one) to 65535'],
    [['start', '--check', '--port', '4780'], '--check goes with no other option'],
    [['dataset', 'list', '--limit', '1001'], 'from 1 to 1000'],
    [['dataset', 'load', '-', '--option', 'nonsense'], 'must look like name=value'],
    [['dataset', 'load', 'x.csv', '--option', 'colour=red'], 'colour'],
    [['dataset', 'share', 'x', '--everyone', '--role', 'viewer'], 'at a time'],
    [['admin', 'bootstrap', '--email', 'x', '--name', 'X', '--organization', 'X'], '--email: Invalid email address'],
    [
      ['admin', 'bootstrap', '--email', 'a@b.example', '--name', 'A', '--organization', 'A', '--scopes', 'all'],
      '--scopes 0: Invalid option',
    ],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

test('a wrong setting is named, and is exit code 2', async () => {
  const { code, stderr } = await runCli(['db', 'status'], { DATABASE_URL: 'mysql://a@b/c' });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('DATABASE_URL: must look like postgres:'),
  });
});

const nowhere = { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/c' };

test('a failure is exit code 1, and shows its stack only on demand', async () => {
  const plain = await runCli(['db', 'status'], nowhere);
  expect(plain).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('ECONNREFUSED') });
  expect(plain.stderr).not.toMatch(/^\s+at |secret/m);
  expect((await runCli(['db', 'status'], { ...nowhere, GRANARY_DEBUG: '1' })).stderr).toMatch(/^\s+at /m);
});

test.each([
  [0, ['db', '--help'], {}],
  [1, ['db', 'status'], nowhere],
  [2, ['db', 'nonsense'], {}],
])('the process ends with exit code %d', async (code, args, env) => {
  const run = await runCliProcess(args, env);
  expect(run.code).toBe(code);
  expect(run.stdout === '').toBe(code !== 0);
  expect(run.stderr === '').toBe(code === 0);
});
