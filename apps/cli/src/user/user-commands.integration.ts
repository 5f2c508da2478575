import os from 'node:os';
import { createDatabase, type Operator } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { actions, CatalogueMemory, executeAction, HeldSession } from '@granary/domain';
import { identityOf } from '@granary/domain/testing';
import { beforeEach, expect, test } from 'vitest';
import { runCliProcess } from '../testing/cli-process.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const env = { DATABASE_URL: database.url('postgres') };
const password = 'quite a long winter evening';

const granary = (args: string[], piped?: string) => runCli(args, env, piped);
const json = async (args: string[], piped?: string) => {
  const run = await granary([...args, '--json'], piped);
  expect(run, run.stderr).toMatchObject({ code: 0 });
  expect(run.stdout).toMatch(/^[^\n]+\n$/);
  return JSON.parse(run.stdout);
};

/** As the API does it. */
const dependencies = {
  database: createDatabase(database.pool('granary_api'), { prepared: true }),
  catalogue: new CatalogueMemory(),
  identity: identityOf(createDatabase(database.pool('granary_identity'), { prepared: true })),
};
const act = (name: string, input: object) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, { address: '192.0.2.1' }, input, new HeldSession());
};
const logIn = (login: string, secret = password) => act('session.logIn', { login, password: secret });
const events = async (action: string, userId: string) => {
  const { rows } = await owner.query(
    `select actor_kind, outcome, details from audit_events where action = $1 and entity_id = $2 order by id`,
    [action, userId],
  );
  return rows;
};

beforeEach(() => owner.query('delete from identity.rate_limits'));

test('an account is made with a mailed link, or with a password through a pipe, which is never shown', async () => {
  const mailed = await json(['user', 'create', 'ada@example.org', '--username', 'ada', '--name', 'Ada']);
  expect(mailed).toMatchObject({ email: 'ada@example.org', username: 'ada', name: 'Ada', isActive: true });
  const { rows } = await owner.query(`select purpose from identity.mails where user_id = $1`, [mailed.id]);
  expect(rows).toEqual([{ purpose: 'password_reset' }]);
  await expect(logIn('ada')).rejects.toMatchObject({ kind: 'unauthenticated' });

  const run = await granary(['user', 'create', 'bea@example.org', '--password-stdin'], `${password}\n`);
  expect(run.code).toBe(0);
  expect(run.stdout + run.stderr).not.toContain(password);
  const { userId } = (await logIn('bea@example.org')) as { userId: string };
  expect(await events('operator.createPerson', userId)).toEqual([
    {
      actor_kind: 'operator',
      outcome: 'done',
      details: { email: 'bea@example.org', operator: `${os.userInfo().username}@${os.hostname()}` },
    },
  ]);

  expect(await granary(['user', 'create', 'BEA@example.org'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('another account has this address'),
  });
  expect(await granary(['user', 'create', 'cat@example.org', '--password-stdin'], 'password123456')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('too easy to guess'),
  });
  expect((await granary(['user', 'create', 'no address'])).code).toBe(1);
  const { rowCount } = await owner.query(`select from users where email like 'cat%'`);
  expect(rowCount).toBe(0);
});

test('somebody is kept out and let in again, by address, user name or id', async () => {
  const { id } = await json(['user', 'create', 'dan@example.org', '--username', 'dan', '--password-stdin'], password);
  await logIn('dan');
  expect(await json(['user', 'deactivate', 'DAN'])).toMatchObject({ id, isActive: false });
  await expect(logIn('dan')).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await json(['user', 'list', '--inactive'])).toMatchObject([{ id }]);
  expect(await json(['user', 'sessions', 'dan'])).toEqual([]);
  expect(await json(['user', 'activate', id])).toMatchObject({ id, isActive: true });
  await logIn('dan');
  expect(await events('users.setActive', id)).toMatchObject([
    { actor_kind: 'operator', details: { active: false } },
    { actor_kind: 'operator', details: { active: true } },
  ]);
  for (const command of ['activate', 'deactivate', 'sessions', 'reset-password'])
    expect(await granary(['user', command, 'nobody'], password)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nobody'),
    });
});

test('a new password lets in whoever was deactivated, ends their sessions and tells them by mail', async () => {
  const { id } = await json(['user', 'create', 'eve@example.org', '--password-stdin'], password);
  await logIn('eve@example.org');
  await json(['user', 'deactivate', 'eve@example.org']);
  await json(['user', 'reset-password', 'eve@example.org', '--password-stdin'], 'an entirely new evening');
  await expect(logIn('eve@example.org')).rejects.toMatchObject({ kind: 'unauthenticated' });
  await logIn('eve@example.org', 'an entirely new evening');
  const { rows } = await owner.query('select purpose from identity.mails where user_id = $1', [id]);
  expect(rows).toEqual([{ purpose: 'password_changed' }]);
  expect(await granary(['user', 'reset-password', 'eve@example.org'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--password-stdin'),
  });
  expect(await granary(['user', 'reset-password', 'eve@example.org', 'a password as an argument'])).toMatchObject({
    code: 2,
  });
});

test('who registered is let in by an operator’s word; of several registrations it has to be said which', async () => {
  expect(await json(['flag', 'toggle', 'FF_ENABLE_REGISTRATION', '--on'])).toMatchObject({ isActive: true });
  await act('users.register', { email: 'fay@example.org', username: 'fay', name: 'Fay', password });
  expect(await json(['user', 'activate', 'fay@example.org'])).toMatchObject({ username: 'fay', isActive: true });
  await logIn('fay');

  await act('users.register', { email: 'gus@example.org', name: 'a stranger', password: 'password of the attacker' });
  await act('users.register', { email: 'gus@example.org', name: 'Gus', password });
  const refused = await granary(['user', 'activate', 'gus@example.org']);
  expect(refused.code).toBe(1);
  const [, id = ''] = /--registration (\S+) .*Gus$/m.exec(refused.stderr) ?? [];
  await json(['user', 'activate', 'gus@example.org', '--registration', id]);
  await logIn('gus@example.org');
  await expect(logIn('gus@example.org', 'password of the attacker')).rejects.toThrow();
  expect(await granary(['user', 'activate', 'never@example.org'])).toMatchObject({ code: 1 });
});

test('sessions of somebody are listed and ended', async () => {
  await json(['user', 'create', 'hal@example.org', '--password-stdin'], password);
  await logIn('hal@example.org');
  await logIn('hal@example.org');
  const [one, other] = await json(['user', 'sessions', 'hal@example.org']);
  expect(await json(['user', 'sessions', 'hal@example.org', '--end', one.id])).toMatchObject({ ended: 1 });
  expect(await json(['user', 'sessions', 'hal@example.org'])).toMatchObject([{ id: other.id }]);
  const stranger = await json(['user', 'create', 'ivy@example.org']);
  expect(await json(['user', 'sessions', stranger.id, '--end', other.id]), 'of somebody else').toMatchObject({
    ended: 0,
  });
  expect(await json(['user', 'sessions', 'hal@example.org', '--end-all'])).toMatchObject({ ended: 1 });
  expect((await granary(['user', 'sessions', 'hal@example.org'])).stdout).toBe('signed in nowhere\n');
});

test('what happened to an account is listed, refused log-ins with their reason too', async () => {
  await json(['user', 'create', 'ned@example.org', '--password-stdin'], password);
  await logIn('ned@example.org');
  await expect(logIn('ned@example.org', 'wrong')).rejects.toThrow();
  await expect(logIn('never@example.org')).rejects.toThrow();
  expect(await json(['user', 'events', 'ned@example.org'])).toMatchObject([
    { action: 'session.logIn', outcome: 'refused', address: '192.0.2.1', details: { reason: 'wrong_password' } },
    { action: 'session.logIn', outcome: 'done' },
    { action: 'operator.createPerson', actorKind: 'operator' },
  ]);
  expect((await granary(['user', 'events', '--limit', '1'])).stdout).toMatch(/refused .*unknown_account/);
});

test('somebody becomes an operator of the API, and is none any more', async () => {
  const { id } = await json(['user', 'create', 'jim@example.org']);
  const list = () =>
    executeAction(dependencies, actions.find(({ name }) => name === 'users.list')!, { userId: id }, {});
  await expect(list()).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await json(['user', 'operator', 'jim@example.org', '--on'])).toMatchObject({ isOperator: true });
  expect(await list()).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ id })]) });
  await json(['user', 'operator', 'jim@example.org', '--off']);
  await expect(list()).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await granary(['user', 'operator', 'jim@example.org'])).toMatchObject({ code: 2 });
  await json(['user', 'deactivate', 'jim@example.org']);
  expect(await granary(['user', 'operator', 'jim@example.org', '--on'])).toMatchObject({ code: 1 });
});

test('flags are listed before anybody touched them, toggled, and made only on purpose', async () => {
  await owner.query('delete from feature_flags');
  expect(await json(['flag', 'list'])).toMatchObject([{ codename: 'FF_ENABLE_REGISTRATION', isActive: false }]);
  expect(await json(['flag', 'toggle', 'FF_ENABLE_REGISTRATION'])).toMatchObject({ isActive: true });
  expect(await json(['flag', 'toggle', 'FF_ENABLE_REGISTRATION'])).toMatchObject({ isActive: false });
  expect(await json(['flag', 'toggle', 'FF_ENABLE_REGISTRATION', '--off'])).toMatchObject({ isActive: false });
  expect(await granary(['flag', 'toggle', 'FF_ENABLE_REGISTRATON'])).toMatchObject({ code: 1 });
  expect(await json(['flag', 'create', 'FF_SOMETHING', '--label', 'for later'])).toMatchObject({ isActive: false });
  expect(await json(['flag', 'show', 'FF_SOMETHING'])).toMatchObject({ label: 'for later' });
  expect(await granary(['flag', 'show', 'FF_NOTHING'])).toMatchObject({ code: 2 });
  expect((await granary(['flag', 'create', "FF'; drop table users"])).code).toBe(1);
  const { rows } = await owner.query(
    `select actor_kind, details->>'codename' as flag from audit_events where action = 'flags.set' order by id desc limit 1`,
  );
  expect(rows).toEqual([{ actor_kind: 'operator', flag: 'FF_SOMETHING' }]);
});

test('an organization is made for somebody, listed, and gets an owner when its own is gone', async () => {
  await json(['user', 'create', 'kim@example.org']);
  const { id: lee } = await json(['user', 'create', 'lee@example.org']);
  const { organizationId } = await json(['org', 'create', 'Kims', '--owner', 'kim@example.org']);
  expect(await json(['org', 'list', '--all', '--search', 'KIMS'])).toMatchObject([
    { id: organizationId, owners: ['kim@example.org'], members: 1 },
  ]);
  expect(await granary(['user', 'deactivate', 'kim@example.org'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('they alone own Kims'),
  });
  await json(['org', 'appoint', 'Kims', 'lee@example.org']);
  await json(['user', 'deactivate', 'kim@example.org']);
  expect(await json(['org', 'list', '--all', '--search', organizationId])).toMatchObject([
    { owners: ['lee@example.org'], members: 2 },
  ]);
  const { rows } = await owner.query(
    `select action, actor_kind, entity_id from audit_events where tenant_id = $1 order by id`,
    [organizationId],
  );
  expect(rows, 'its auditors see who did it').toEqual([
    { action: 'operator.createOrganization', actor_kind: 'operator', entity_id: organizationId },
    { action: 'operator.appointOwner', actor_kind: 'operator', entity_id: lee },
  ]);
  expect(await granary(['org', 'appoint', 'Nobodys', 'lee@example.org'])).toMatchObject({ code: 1 });
  expect(await granary(['org', 'appoint', 'Kims', 'kim@example.org'])).toMatchObject({ code: 1 });
});

test('a login of ours cannot pass for an operator, whatever it claims', async () => {
  const { id } = await json(['user', 'create', 'mia@example.org']);
  for (const role of ['granary_identity', 'granary_api', 'granary_worker'] as const) {
    const client = await database.pool(role).connect();
    try {
      await client.query(`select set_config('request.jwt.claims', '{"operator": "root@localhost"}', false)`);
      for (const command of [
        'app.require_operator()',
        `app.set_user_active('${id}', false)`,
        `app.set_user_password('${id}', '$argon2id$x')`,
        `app.set_operator('${id}', true)`,
        `app.set_flag('FF_ENABLE_REGISTRATION', true, null, null, null, true, false)`,
        `app.appoint_owner('${id}', '${id}')`,
        `app.open_registration('a@b.c', null, null, null)`,
        `app.end_sessions('${id}', null)`,
      ])
        await expect(client.query(`select ${command}`), command).rejects.toMatchObject({
          code: expect.stringMatching(/^(42501|GR403)$/),
        });
      await client.query(`select set_config('request.jwt.claims', '', false)`);
    } finally {
      client.release();
    }
  }
  const caller: Operator = { operator: 'root@localhost' };
  const action = actions.find(({ name }) => name === 'users.list') ?? expect.fail();
  await expect(executeAction(dependencies, action, caller, {})).rejects.toMatchObject({ kind: 'forbidden' });
  const { rows } = await owner.query(
    `select actor_kind, details from audit_events where action = 'users.list' and outcome = 'refused' order by id desc limit 1`,
  );
  expect(rows).toEqual([{ actor_kind: 'system', details: {} }]);
});

test('as a process of its own: help, results on standard output alone, and exit codes', async () => {
  const help = await runCliProcess(['user', '--help'], env);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/create .*\n(.*\n)*.*reset-password/) });
  const list = await runCliProcess(['flag', 'list', '--json'], env);
  expect(list).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(list.stdout)).toBeInstanceOf(Array);
  expect(await runCliProcess(['user', 'activate', 'nobody'], env)).toMatchObject({ code: 1, stdout: '' });
  expect(await runCliProcess(['user', 'operate'], env)).toMatchObject({ code: 2, stdout: '' });
});
