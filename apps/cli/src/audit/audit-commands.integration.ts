import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

test('the trail of an installation: tail, export, key, verify, and verify again once somebody changed it', async () => {
  const { port, url, env: settings } = await startSettings(database);
  const env = { ...settings, GRANARY_AUDIT_KEY: randomBytes(32).toString('base64') };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const { apiKey, organizationId, ...rest } = JSON.parse(
    (await runCli(['admin', 'bootstrap', ...person, '--json'], env)).stdout,
  );
  const asAda = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: apiKey };
  const granary = (...args: string[]) => runCli(args, asAda);
  const ok = async (...args: string[]) => {
    const run = await granary(...args);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return run.stdout;
  };
  const { rows } = await owner.query('select id from organizations');
  const tenant: string = organizationId ?? rest.tenantId ?? rows[0].id;
  await runCli(['dataset', 'load', '-', '--name', 'people', '--json'], asAda, 'id,name\n1,Ann\n');

  expect(await ok('audit', 'tail', '--verb', 'CREATE')).toMatch(/ CREATE {2}datasets\.create {2}dataset .* by {2}key /);
  const newest = JSON.parse(await ok('audit', 'tail', '-n', '1', '--json'));
  expect(newest).toMatchObject({ outcome: 'done' });
  // in the order of commits, and so no further than the oldest transaction of the server, which other tests share
  const exported = async () => {
    const text = await ok('audit', 'export', '--action', 'datasets.create');
    return text.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
  };
  await expect.poll(exported).toMatchObject([{ action: 'datasets.create', details: { name: 'people' } }]);

  const verify = async () => JSON.parse((await granary('audit', 'verify', '--tenant', tenant, '--json')).stdout);
  await expect.poll(verify, { interval: 300 }).toMatchObject({
    ok: true,
    broken: null,
    checkpoints: 1,
    storedCheckpoints: 1,
    unsealed: { events: 0, overdue: 0 },
  });
  expect(await ok('audit', 'verify')).toMatch(new RegExp(`^${tenant} {2}whole; events 1 to \\d+, 1 checkpoint$`, 'm'));
  const [{ id, publicKey }] = JSON.parse(await ok('audit', 'key', '--json'));
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  const auditor = { GRANARY_AUDIT_KEY: '', GRANARY_AUDIT_PUBLIC_KEYS: publicKey };
  expect((await runCli(['audit', 'verify'], { ...asAda, ...auditor })).code).toBe(0);
  const stranger = { GRANARY_AUDIT_KEY: randomBytes(32).toString('base64') };
  expect((await runCli(['audit', 'verify'], { ...asAda, ...stranger })).stdout).toContain('(unknown_key)');

  await owner.query(`begin; set local granary.audit = 'maintained';
    update audit_events set actor_id = app.uuidv7() where tenant_id = '${tenant}' and action = 'datasets.create'; commit`);
  const broken = await granary('audit', 'verify', '--tenant', tenant);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(/BROKEN at \d+ \(changed\): the event [0-9a-f-]+ is not what was sealed as \d+/);
  expect(broken.stderr).toContain('1 chain cannot be trusted');
});

test('a tenant that is none, and a key that is none, are called wrong', async () => {
  const env = { DATABASE_URL: database.url('postgres') };
  expect(await runCli(['audit', 'verify', '--tenant', 'x'], env)).toMatchObject({ code: 2 });
  const run = await runCli(['audit', 'verify'], { ...env, GRANARY_AUDIT_KEY: 'c2hvcnQ=' });
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('GRANARY_AUDIT_KEY: must be 32 bytes') });
  expect(run.stderr).not.toContain('c2hvcnQ=');
});
