import http from 'node:http';
import { text } from 'node:stream/consumers';
import { createTestDatabase } from '@granary/db/testing';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();

/** A receiver on this machine, and what it got. */
async function receive() {
  const got: { readonly headers: Record<string, string>; readonly body: string }[] = [];
  const server = http.createServer(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    got.push({ headers, body: await text(request) });
    response.end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { address: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, got };
}

test('a webhook is made, shown, tested, rotated, switched off and on, sent to again, and deleted', async () => {
  const { address, got } = await receive();
  const { port, url, env: settings } = await startSettings(database);
  const env = { ...settings, GRANARY_OUTBOUND_ALLOW: address };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const webhook = (...args: string[]) => runCli(['webhook', ...args], keyed);
  const json = async (...args: string[]) => {
    const run = await webhook(...args, '--json');
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout);
  };

  expect((await webhook('list')).stdout).toBe('nothing\n');
  expect(await webhook('create', 'https://169.254.169.254/')).toMatchObject({ code: 1, stdout: '' });
  expect(await webhook('create', 'https://example.com/', '--type', 'dataset.eaten')).toMatchObject({ code: 2 });
  const created = await webhook(
    'create',
    `http://${address}/\u202ehook`,
    '--type',
    'dataset.loaded',
    '--type',
    'todo.due',
  );
  const [line = '', secret = ''] = created.stdout.split('\n');
  expect(line).toMatch(/^\S+ {2}on {2}http:\/\/127\.0\.0\.1:\d+\/%E2%80%AEhook$/);
  expect(secret).toMatch(/^whsec_/);
  const [id = ''] = line.split(' ');
  expect((await webhook('list')).stdout).toMatch(/on +dataset\.loaded, todo\.due +http/);
  expect((await webhook('show', id)).stdout).not.toContain(secret);

  const { deliveryId } = await json('test', id);
  const delivered = () =>
    vi.waitFor(async () => expect((await json('deliveries', id))[0]).toMatchObject({ state: 'delivered' }), {
      timeout: 300_000,
    });
  await delivered();
  expect(new Webhook(secret).verify(got[0]!.body, got[0]!.headers)).toMatchObject({ type: 'webhook.test' });
  expect((await webhook('deliveries', id, deliveryId)).stdout).toMatch(/^ +1 +\S+ +\d+ +200 +thanks$/m);
  expect((await webhook('deliveries', id, '--state', 'failed')).stdout).toBe('nothing\n');
  expect(await webhook('deliveries', id, '--state', 'lost')).toMatchObject({ code: 2 });

  const { secret: second } = await json('rotate', id);
  expect((await json('redeliver', id, '--delivery', deliveryId)).deliveries).toBe(1);
  await vi.waitFor(() => expect(got).toHaveLength(2), { timeout: 300_000 });
  for (const each of [secret, second])
    expect(() => new Webhook(each).verify(got[1]!.body, got[1]!.headers)).not.toThrow();
  expect(got[1]!.headers['webhook-id']).toBe(got[0]!.headers['webhook-id']);

  expect((await webhook('disable', id)).stdout).toContain('  off  ');
  expect(await webhook('test', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('switched off') });
  expect((await webhook('enable', id)).stdout).toContain('  on  ');
  expect(await json('update', id, '--everything', '--description', 'ours')).toMatchObject({
    types: null,
    description: 'ours',
  });
  expect(await webhook('update', id, '--everything', '--type', 'todo.due')).toMatchObject({ code: 2 });
  expect((await webhook('delete', id)).stdout).toBe('deleted\n');
  expect((await webhook('show', id)).code).toBe(1);
});
