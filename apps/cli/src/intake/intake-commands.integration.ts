import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();

test('a visitor proposes a plugin by HTTP; whoever looks after sources has one ask for it, or says why not', async () => {
  const { port, url, env } = await startSettings(database);
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const { apiKey, organizationId } = JSON.parse(made.stdout);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: apiKey };
  const granary = (...args: string[]) => runCli(args, keyed);

  for (const mode of [['--public'], []]) {
    const propose = (slug: string) =>
      fetch(`${url}/v1/intake`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          url: `https://wordpress.org/plugins/${slug}/`,
          comment: 'please\u001b[2J',
          ...(mode.length === 0 && { organizationId }),
        }),
      });
    const intake = (...args: string[]) => granary('intake', ...args, ...mode);
    expect((await propose('early')).status).toBe(404);
    expect((await intake('form')).stdout).toMatch(/^closed/);
    expect((await intake('form', '--open')).stdout).toMatch(/^open, for pages of plugins/);
    expect(await (await propose('hello-dolly')).json()).toEqual({ status: 'received' });
    expect((await propose('spam')).status).toBe(201);
    expect((await intake('list')).stdout).toMatch(/^\S+ +wordpress-plugins +hello-dolly +1 +1 +https/m);
    const listed = await intake('list', '--json');
    const [dolly, spam] = JSON.parse(listed.stdout).map(({ id }: { id: string }) => id);

    await granary('source', 'create', 'wordpress-plugins', 'Words', ...mode);
    const accepted = await intake('accept', dolly, 'words');
    expect(accepted.stdout).toBe('hello-dolly is accepted\nsomebody wrote: please?[2J\n(not kept any longer)\n');
    expect(await intake('accept', dolly, 'words')).toMatchObject({ code: 1 });
    expect((await intake('reject', spam, '--reason', 'spam')).stdout).toContain('spam is rejected: spam');
    expect((await intake('list')).stdout).toBe('nothing\n');
    expect((await granary('source', 'show', 'Words', ...mode, '--json')).stdout).toContain('"items":["hello-dolly"]');
    expect(await intake('reject', crypto.randomUUID(), '--reason', 'x')).toMatchObject({
      code: 1,
      stderr: 'granary: no such proposal\n',
    });
  }
});
