import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { HeldSession } from './held-session.ts';
import { hashToken } from './opaque-token.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const operator: Identity = as.auditor;
await owner.query('insert into identity.operators (user_id) values ($1)', [operator.userId]);
const password = 'quite a long winter evening';

const act = (name: string, caller: Identity | object, input: object = {}, held = new HeldSession()) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, caller, input, held);
};
const person = z.object({ id: z.uuid(), email: z.string(), username: z.string().nullable(), isActive: z.boolean() });
const create = async (email: string, username?: string) =>
  person.parse(await act('users.create', operator, { email, username }));

/** What the worker would have mailed: a token for the latest mail to an address. */
async function mailedTo(recipient: string) {
  const token = randomBytes(32).toString('base64url');
  const { rows } = await owner.query<{ id: string; purpose: string }>(
    'select id, purpose from identity.mails where recipient = $1 order by id desc limit 1',
    [recipient],
  );
  await owner.query('insert into identity.mail_tokens (token_hash, mail_id) values ($1, $2)', [
    createHash('sha256').update(token).digest(),
    rows[0]?.id,
  ]);
  return { token, purpose: rows[0]?.purpose };
}

/** Somebody with a password, signed in. */
async function signedIn(email: string): Promise<Identity & { tokenId: string }> {
  await create(email);
  const { token } = await mailedTo(email);
  await act('users.resetPassword', {}, { token, password });
  const held = new HeldSession();
  const { userId } = z
    .object({ userId: z.uuid() })
    .parse(await act('session.logIn', {}, { login: email, password }, held));
  const { change } = held;
  if (change === null || change === 'ended') throw new Error('no session');
  const { rows } = await owner.query('select id from identity.session_tokens where token_hash = $1', [
    hashToken(change.token),
  ]);
  return { userId, tokenId: rows[0].id };
}

test('who runs the installation makes, finds, renames and deactivates people; nobody else does', async () => {
  const made = await create('grace@example.org', 'grace');
  expect(made).toMatchObject({ email: 'grace@example.org', username: 'grace', isActive: true });
  expect((await mailedTo('grace@example.org')).purpose).toBe('password_reset');
  await expect(create('GRACE@example.org')).rejects.toMatchObject({ kind: 'conflict' });
  await expect(create('other@example.org', 'Grace')).rejects.toMatchObject({ kind: 'conflict' });
  expect(await act('users.list', operator, { search: 'RACE@' })).toMatchObject({ items: [{ id: made.id }] });
  const renamed = await act('users.update', operator, { userId: made.id, name: 'Grace H.' });
  expect(renamed).toMatchObject({ name: 'Grace H.', username: 'grace' });
  for (const [name, input] of [
    ['users.list', {}],
    ['users.get', { userId: made.id }],
    ['users.setActive', { userId: made.id, active: false }],
    ['users.delete', { userId: made.id }],
  ] as const)
    await expect(act(name, as.owner, input), name).rejects.toMatchObject({ kind: 'forbidden' });
});

test('the commands refuse by themselves what the actions refuse', async () => {
  const identity = database.pool('granary_identity');
  for (const command of [
    `app.set_user_active('${as.viewer.userId}', false)`,
    `app.delete_user('${as.viewer.userId}')`,
    `app.update_user('${as.viewer.userId}', 'x', 'x')`,
    `app.create_user('a@b.c', null, 'x', '1 hour')`,
  ]) {
    const client = await identity.connect();
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub: as.owner.userId })]);
    await expect(client.query(`select ${command}`), command).rejects.toMatchObject({ code: 'GR403' });
    await client.query('rollback');
    client.release();
  }
});

test('whoever is deactivated is signed out everywhere; the only owner of an organization cannot be', async () => {
  const somebody = await signedIn('leaving@example.org');
  await act('session.whoAmI', somebody);
  await act('users.setActive', operator, { userId: somebody.userId, active: false });
  await expect(act('session.whoAmI', somebody)).rejects.toMatchObject({ kind: 'unauthenticated' });
  await expect(act('session.logIn', {}, { login: 'leaving@example.org', password })).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await act('users.setActive', operator, { userId: somebody.userId, active: true });
  await expect(act('session.whoAmI', somebody), 'that session stays ended').rejects.toThrow();
  await act('session.logIn', {}, { login: 'leaving@example.org', password });
  await expect(act('users.setActive', operator, { userId: as.owner.userId, active: false })).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining('ours'),
  });
});

test('one’s own account is deleted with the password, after leaving; nothing of who it was stays', async () => {
  const somebody = await signedIn('gone@example.org');
  await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [tenantId, somebody.userId]);
  const remove = (currentPassword: string) => act('users.deleteOwn', somebody, { currentPassword });
  await expect(remove('wrong')).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(remove(password)).rejects.toMatchObject({ kind: 'conflict', details: { organizations: ['ours'] } });
  await owner.query('update memberships set left_at = now() where user_id = $1', [somebody.userId]);
  await remove(password);
  await expect(act('session.whoAmI', somebody)).rejects.toMatchObject({ kind: 'unauthenticated' });
  await expect(act('session.logIn', {}, { login: 'gone@example.org', password })).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
  const { rows } = await owner.query('select to_jsonb(u)::text as row from users u where id = $1', [somebody.userId]);
  expect(rows[0].row).not.toContain('gone@example.org');
  await create('gone@example.org'); // the address is free again
});

test('an address changes by the link that was mailed to the new one; the former one is told', async () => {
  const somebody = await signedIn('old@example.org');
  const change = (email: string) => act('users.requestEmailChange', somebody, { email, currentPassword: password });
  await change('new@example.org');
  const { token } = await mailedTo('new@example.org');
  await change('newer@example.org');
  await expect(act('users.changeEmail', {}, { token }), 'replaced').rejects.toMatchObject({ kind: 'invalid' });
  await act('users.changeEmail', {}, { token: (await mailedTo('newer@example.org')).token });
  expect((await mailedTo('old@example.org')).purpose).toBe('email_changed');
  await act('session.logIn', {}, { login: 'newer@example.org', password });
  await change('grace@example.org');
  const taken = await mailedTo('grace@example.org');
  await expect(act('users.changeEmail', {}, { token: taken.token })).rejects.toMatchObject({ kind: 'conflict' });
});

test('every sign-in and every refusal of one is in the trail, without a password', async () => {
  await act('session.logIn', {}, { login: 'newer@example.org', password: 'guessed at this' }).catch(() => {});
  const { rows } = await owner.query<{ outcome: string; row: string }>(
    `select outcome, to_jsonb(e)::text as row from audit_events e where action = 'session.logIn'`,
  );
  expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['done', 'refused']));
  for (const { row } of rows) expect(row).not.toMatch(/guessed|winter/);
});

test('a refusal is in the trail with who was refused, also of a program’s key', async () => {
  const events = async () =>
    (
      await owner.query(
        `select actor_kind, actor_id, key_id from audit_events where action = 'users.list' and outcome = 'refused' and actor_id = $1`,
        [as.admin.userId],
      )
    ).rows;
  await expect(act('users.list', as.admin)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await events()).toEqual([{ actor_kind: 'user', actor_id: as.admin.userId, key_id: null }]);
  const { key } = z
    .object({ key: z.object({ id: z.uuid() }) })
    .parse(await act('keys.create', as.admin, { name: 'k', scopes: ['key:read'] }));
  await expect(act('users.list', { ...as.admin, keyId: key.id })).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await events()).toContainEqual({ actor_kind: 'key', actor_id: as.admin.userId, key_id: key.id });
});

test('an unknown address takes as long to refuse as a wrong password', async () => {
  await create('timed@example.org');
  await act('users.resetPassword', {}, { token: (await mailedTo('timed@example.org')).token, password });
  const seconds = async (login: string) => {
    await owner.query('delete from identity.rate_limits');
    const started = performance.now();
    await act('session.logIn', {}, { login, password: 'not the right one' }).catch(() => {});
    return performance.now() - started;
  };
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    known.push(await seconds('timed@example.org'));
    unknown.push(await seconds('nobody@example.org'));
  }
  // a ratio of the same work in the same run: without the hash for nobody it is above 3
  const ratio = median(known) / median(unknown);
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});
