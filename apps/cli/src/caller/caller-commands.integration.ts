import { createHash, randomBytes } from 'node:crypto';
import { createGranaryClient } from '@granary/client';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { runCliProcess, startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';
import { cookieFetch } from './cookie-fetch.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const password = 'quite a long winter evening';

/** An API with a worker, and commands of people who are there, and of whoever has their keys. */
async function serve() {
  const { port, url, env: given } = await startSettings(database);
  const settings = { ...given, GRANARY_MASTER_KEY: randomBytes(32).toString('base64') };
  await startCli(['start', '--port', port], settings).written(/Ctrl-C stops everything/);
  await owner.query('delete from identity.rate_limits');
  const env = { ...settings, GRANARY_API_URL: url };
  const granary = (args: string[], { piped, key }: { piped?: string; key?: string } = {}) =>
    runCli(args, { ...env, ...(key !== undefined && { GRANARY_API_KEY: key }) }, piped);
  const json = async (...[args, options]: Parameters<typeof granary>) => {
    const run = await granary([...args, '--json'], options);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^[^\n]+\n$/);
    return JSON.parse(run.stdout);
  };
  const person =
    (login: string, piped = password) =>
    (args: string[]) =>
      json([...args, '--login', login, '--password-stdin'], { piped });
  const create = async (login: string): Promise<string> =>
    (await json(['user', 'create', login, '--password-stdin'], { piped: password })).id;
  return { env, url, granary, json, person, create };
}

/** As if they had accepted an invitation. */
async function join(tenantId: string, userId: string, role: string): Promise<void> {
  await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [tenantId, userId]);
  await owner.query(
    'insert into user_roles (tenant_id, user_id, role_id) select $1, $2, id from roles where tenant_id = $1 and name = $3',
    [tenantId, userId, role],
  );
}

test('from a person with a password to a key, and with the key the organization, its members and its roles', async () => {
  const { env, granary, json, person, create } = await serve();
  await create('ada@example.org');
  const bea = await create('bea@example.org');
  const ada = person('ada@example.org');
  const { organizationId } = await ada(['org', 'create', 'Engines']);
  expect(await ada(['org', 'list'])).toMatchObject([{ id: organizationId, name: 'Engines' }]);

  const scopes =
    'organization:read,organization:write,member:read,member:write,role:write,key:read,key:write,dataset:read,todo:read,notification:read,notification:write,source:read,plugin:read,block:read,edge:read,taxonomy:read,pipeline:read';
  const made = await ada(['key', 'create', 'ci', '--scopes', scopes, '--days', '30', '--organization', 'Engines']);
  expect(made.key).toMatchObject({ name: 'ci', isActive: true, expiresAt: expect.any(String) });
  const key = made.secret;
  const keyed = (args: string[]) => json(args, { key });
  expect(await json(['user', 'sessions', 'ada@example.org']), 'each command signs out').toEqual([]);

  expect(await keyed(['org', 'show'])).toMatchObject({ id: organizationId });
  expect(await keyed(['org', 'rename', 'Fine Engines'])).toMatchObject({ name: 'Fine Engines' });
  const { invitationId } = await keyed(['org', 'invite', 'cat@example.org', '--role', 'viewer']);
  expect(await keyed(['org', 'invitations'])).toMatchObject([{ id: invitationId, answer: null }]);
  expect(await keyed(['org', 'invitations', '--revoke', invitationId])).toMatchObject([{ answer: 'revoked' }]);

  await join(organizationId, bea, 'viewer');
  expect((await keyed(['role', 'list'])).map(({ name }: { name: string }) => name)).toContain('auditor');
  await keyed(['role', 'create', 'steward', '--permissions', 'dataset:read']);
  expect(await keyed(['role', 'grant', 'steward', 'member:read,key:read'])).toMatchObject({
    permissions: ['dataset:read', 'key:read', 'member:read'],
  });
  expect(await keyed(['role', 'revoke', 'steward', 'key:read'])).toMatchObject({
    permissions: ['dataset:read', 'member:read'],
  });
  expect(await keyed(['role', 'assign', 'BEA@example.org', 'steward'])).toMatchObject({ roles: ['steward', 'viewer'] });
  expect(await keyed(['role', 'unassign', 'bea@example.org', 'viewer'])).toMatchObject({ roles: ['steward'] });
  expect(await granary(['role', 'unassign', 'bea@example.org', 'steward'], { key })).toMatchObject({ code: 1 });
  expect(await granary(['role', 'grant', 'steward', 'audit:read'], { key }), 'beyond the key').toMatchObject({
    code: 1,
  });
  expect(await granary(['role', 'grant', 'steward', 'everything'], { key })).toMatchObject({ code: 2 });
  expect(await granary(['role', 'revoke', 'owner', 'dataset:read'], { key })).toMatchObject({ code: 1 });
  expect((await granary(['org', 'members'], { key })).stdout).toMatch(/bea@example\.org .* steward$/m);

  await ada(['org', 'transfer', 'bea@example.org']);
  expect(await keyed(['org', 'members'])).toMatchObject([
    { email: 'ada@example.org', roles: ['admin'] },
    { email: 'bea@example.org', roles: ['owner', 'steward'] },
  ]);
  expect(await granary(['org', 'remove', 'bea@example.org'], { key }), 'an administrator, of an owner').toMatchObject({
    code: 1,
  });
  await keyed(['role', 'delete', 'steward']);
  await person('bea@example.org')(['org', 'remove', 'ada@example.org']);
  expect(await granary(['org', 'show'], { key })).toMatchObject({ code: 1 });
  await join(organizationId, await create('cat@example.org'), 'viewer');
  await person('cat@example.org')(['org', 'leave']);
  expect(await person('cat@example.org')(['org', 'list'])).toEqual([]);
  expect(await runCliProcess(['org', 'show'], { ...env, GRANARY_API_KEY: key })).toMatchObject({ code: 1, stdout: '' });
});

test('the life of a key: shown once, rotated, switched off and on, revoked', async () => {
  const { granary, json, person, create } = await serve();
  await create('dan@example.org');
  const dan = person('dan@example.org');
  await dan(['org', 'create', 'Dams']);
  const run = await granary(
    ['key', 'create', 'ci', '--scopes', 'key:read,key:write', '--login', 'dan@example.org', '--password-stdin'],
    { piped: `${password}\n` },
  );
  const [secret = ''] = /grn_\w+/.exec(run.stdout) ?? [];
  expect(run.stderr).toBe('The secret is shown this once: keep it where secrets are kept.\n');
  const [listed] = await json(['key', 'list'], { key: secret });
  expect(JSON.stringify(listed)).not.toContain(secret.slice(-40));

  const rotated = await json(['key', 'rotate', listed.id, '--overlap', '1'], { key: secret });
  await json(['key', 'list'], { key: secret });
  const use = () => granary(['key', 'list'], { key: rotated.secret });
  expect(await use()).toMatchObject({ code: 0 });
  expect(await json(['key', 'disable', rotated.key.id], { key: secret })).toMatchObject({ isActive: false });
  expect(await use()).toMatchObject({ code: 1 });
  await json(['key', 'enable', rotated.key.id], { key: secret });
  expect(await use()).toMatchObject({ code: 0 });
  await json(['key', 'revoke', rotated.key.id], { key: secret });
  expect(await use()).toMatchObject({ code: 1 });
  expect((await granary(['key', 'list'], { key: secret })).stdout).toMatch(/ revoked /);
  expect(await granary(['key', 'rotate', listed.id, '--overlap', 'soon'], { key: secret })).toMatchObject({ code: 2 });
  expect(await granary(['key', 'create', 'x', '--scopes', 'dataset:read'], { key: secret })).toMatchObject({ code: 1 });
});

test('a person is let in by password and second factor alone, and not as a key', async () => {
  const { url, granary, person, create } = await serve();
  const id = await create('eve@example.org');
  const login = ['--login', 'eve@example.org', '--password-stdin'];
  const wrong = await granary(['org', 'list', ...login], { piped: 'wrong\n' });
  expect(wrong).toEqual({ code: 1, stdout: '', stderr: 'granary: the name or the password is wrong\n' });
  expect(await granary(['org', 'list', ...login], { piped: '' })).toMatchObject({ code: 2 });
  expect(await granary(['org', 'list', '--login', 'eve@example.org'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no terminal to ask at'),
  });
  expect(await granary(['org', 'list', ...login, '--key', 'grn_x'], { piped: password })).toMatchObject({ code: 2 });
  expect(await granary(['org', 'create', 'Key’s'], { key: 'grn_x' })).toMatchObject({ code: 2 });
  expect(await granary(['org', 'show', '--organization', 'x'], { key: 'grn_x' })).toMatchObject({ code: 2 });
  expect(await granary(['org', 'show', ...login, '--organization', 'Nobodys'], { piped: password })).toMatchObject({
    code: 1,
  });

  const client = createGranaryClient({ url, auth: { cookie: true }, fetch: cookieFetch(url) });
  await client.session.logIn({ login: 'eve@example.org', password });
  await client.secondFactor.begin();
  await owner.query('update identity.second_factors set confirmed_at = now() where user_id = $1', [id]);
  const code = 'aaaa-bbbb-cccc';
  await owner.query('insert into identity.recovery_codes (user_id, code_hash) values ($1, $2)', [id, hashed(code)]);
  expect(await granary(['org', 'list', ...login], { piped: password })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a second line after the password'),
  });
  const twice = person('eve@example.org', `${password}\n${code}\n`);
  expect(await twice(['org', 'list'])).toEqual([]);
});

const hashed = (code: string) => createHash('sha256').update(code.replaceAll('-', '')).digest();
