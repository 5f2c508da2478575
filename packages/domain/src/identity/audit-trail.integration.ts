import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { HeldSession } from './held-session.ts';
import { hashToken } from './opaque-token.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const elsewhere = await createTestOrganization(owner, 'elsewhere');
const { userId } = as.editor;
const password = 'quite a long winter evening';
await owner.query(
  `insert into identity.accounts (user_id, provider_id, account_id, password) values ($1::uuid, 'password', $1::uuid::text, $2)`,
  [userId, await dependencies.identity.passwords.hash(password)],
);
const { rows: people } = await owner.query('select email from users where id = $1', [userId]);
const login: string = people[0].email;

const act = (name: string, caller: Identity | object, input: object = {}, held = new HeldSession()) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, caller, input, held);
};
const attempt = (input: object) => act('session.logIn', { address: '192.0.2.7' }, input);
const refusal = (input: object) =>
  attempt(input).then(
    () => expect.fail('let in'),
    (error: unknown) => error,
  );

/** The events of an organization's trail (null: of none), as its auditors get them, since the test began. */
async function trail(tenant: string | null, action: string) {
  const { rows } = await owner.query(
    `select outcome, actor_id, entity_type, entity_id, address, details from audit_events
     where tenant_id = coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') and action = $2 order by id`,
    [tenant, action],
  );
  return rows;
}

async function signIn(): Promise<Identity & { tokenId: string }> {
  const held = new HeldSession();
  await act('session.logIn', {}, { login, password, device: 'a test' }, held);
  const { change } = held;
  if (change === null || change === 'ended') throw new Error('no session');
  const { rows } = await owner.query('select id from identity.session_tokens where token_hash = $1', [
    hashToken(change.token),
  ]);
  return { userId, tenantId, tokenId: rows[0].id };
}

beforeEach(async () => {
  await owner.query(`begin; set local granary.audit = 'maintained'; truncate audit_events; commit`);
  await owner.query('delete from identity.rate_limits');
});

test('a refused log-in names the account and the reason to its organization’s auditors, and to nobody else', async () => {
  const known = await refusal({ login, password: 'wrong' });
  const unknown = await refusal({ login: 'nobody@example.org', password: 'wrong' });
  expect(known).toMatchObject({ kind: 'unauthenticated', details: {} });
  expect(known).toEqual(unknown);
  expect(await trail(tenantId, 'session.logIn')).toEqual([
    {
      outcome: 'refused',
      actor_id: null,
      entity_type: 'user',
      entity_id: userId,
      address: '192.0.2.7',
      details: { reason: 'wrong_password' },
    },
  ]);
  expect(await trail(null, 'session.logIn'), 'what was typed may be a password').toMatchObject([
    { entity_id: null, details: { reason: 'unknown_account' } },
  ]);
  const { items } = (await act('audit.list', as.auditor)) as { items: object[] };
  expect(items).toContainEqual(
    expect.objectContaining({ action: 'session.logIn', entityId: userId, outcome: 'refused' }),
  );
  expect(await act('audit.list', elsewhere.as.auditor)).toMatchObject({ items: [] });
});

test('a log-in says which session began, and its end which ended', async () => {
  const session = await signIn();
  const [begun] = await trail(tenantId, 'session.logIn');
  expect(begun).toMatchObject({
    outcome: 'done',
    entity_id: userId,
    details: { device: 'a test', secondFactor: false },
  });
  await act('session.logOut', session);
  expect(await trail(tenantId, 'session.logOut')).toMatchObject([{ details: { sessionId: begun.details.sessionId } }]);
});

test('of attempts that come too fast one is recorded, with the account', async () => {
  for (let guess = 0; guess < 10; guess += 1) await refusal({ login, password: `wrong ${guess}` });
  for (let guess = 0; guess < 5; guess += 1)
    expect(await refusal({ login, password })).toMatchObject({ kind: 'limit_reached' });
  const reasons = (await trail(tenantId, 'session.logIn')).map(({ entity_id, details }) => [entity_id, details.reason]);
  expect(reasons).toEqual([...Array(10).fill([userId, 'wrong_password']), [userId, 'throttled']]);
});

test('an account that is not active is named with its reason', async () => {
  await owner.query('update users set is_active = false where id = $1', [userId]);
  await refusal({ login, password });
  await owner.query('update users set is_active = true where id = $1', [userId]);
  expect(await trail(tenantId, 'session.logIn')).toMatchObject([
    { entity_id: userId, details: { reason: 'inactive' } },
  ]);
});

test('a second factor that is missing or wrong is a refusal, also at its removal', async () => {
  const session = await signIn();
  await act('secondFactor.begin', session);
  await owner.query('update identity.second_factors set confirmed_at = now() where user_id = $1', [userId]);
  await refusal({ login, password });
  await refusal({ login, password, code: '000000x' });
  await expect(act('secondFactor.remove', session, { code: 'wrong' })).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
  await owner.query('delete from identity.second_factors where user_id = $1', [userId]);
  expect((await trail(tenantId, 'session.logIn')).map(({ details }) => details.reason).slice(1)).toEqual([
    'second_factor_missing',
    'wrong_code',
  ]);
  expect(await trail(tenantId, 'secondFactor.remove')).toMatchObject([
    { outcome: 'refused', details: { reason: 'wrong_code' } },
  ]);
});

test('a wrong current password is a refusal with its reason', async () => {
  const session = await signIn();
  const input = { currentPassword: 'wrong', newPassword: 'an entirely new evening' };
  await expect(act('users.changePassword', session, input)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await trail(tenantId, 'users.changePassword')).toMatchObject([
    { outcome: 'refused', entity_id: userId, details: { reason: 'wrong_password' } },
  ]);
});

test('whose password somebody asks to replace is in the trail, not in the answer', async () => {
  const answer = await act('users.requestPasswordReset', {}, { email: login });
  expect(answer).toEqual(await act('users.requestPasswordReset', {}, { email: 'nobody@example.org' }));
  expect(await trail(tenantId, 'users.requestPasswordReset')).toMatchObject([{ entity_id: userId }]);
  expect(await trail(null, 'users.requestPasswordReset')).toMatchObject([{ entity_id: null }]);
});

test('an answer to an invitation stands in the trail of who invited, wherever the person works', async () => {
  const { rows } = await owner.query(`select id from roles where tenant_id = $1 and name = 'viewer'`, [
    elsewhere.tenantId,
  ]);
  const { invitationId } = (await act('invitations.create', elsewhere.as.owner, {
    email: login,
    roleId: rows[0].id,
  })) as {
    invitationId: string;
  };
  const token = randomBytes(32).toString('base64url');
  await owner.query(
    `insert into identity.mail_tokens (token_hash, mail_id) select $1, id from identity.mails where invitation_id = $2`,
    [createHash('sha256').update(token).digest(), invitationId],
  );
  await act('invitations.answer', await signIn(), { token, accept: true });
  expect(await trail(elsewhere.tenantId, 'invitations.answer')).toMatchObject([
    { actor_id: userId, entity_id: userId, details: { accept: true } },
  ]);
  expect(await trail(tenantId, 'invitations.answer')).toEqual([]);
});

test('nobody who has left an organization can work there any more', async () => {
  const session = await signIn();
  await owner.query('update memberships set left_at = now() where tenant_id = $1 and user_id = $2', [
    elsewhere.tenantId,
    userId,
  ]);
  await expect(
    act('session.switchOrganization', session, { organizationId: elsewhere.tenantId }),
  ).rejects.toMatchObject({ kind: 'not_found' });
});

test('who was removed from where their session is adds nothing to its trail, neither by what they do nor by what is refused', async () => {
  const session = await signIn();
  await owner.query('update memberships set left_at = now() where tenant_id = $1 and user_id = $2', [tenantId, userId]);
  await act('users.requestEmailChange', session, { email: 'new@example.org', currentPassword: password });
  await expect(act('users.setActive', session, { userId: as.viewer.userId, active: false })).rejects.toMatchObject({
    kind: 'forbidden',
  });
  for (const action of ['users.requestEmailChange', 'users.setActive']) {
    expect(await trail(tenantId, action)).toEqual([]);
    expect(await trail(null, action)).toMatchObject([{ actor_id: userId }]);
  }
  await owner.query('update memberships set left_at = null where tenant_id = $1 and user_id = $2', [tenantId, userId]);
  await act('users.requestEmailChange', session, { email: 'new@example.org', currentPassword: password });
  expect(await trail(tenantId, 'users.requestEmailChange')).toMatchObject([{ actor_id: userId }]);
});

test('a new organization begins with the event that made it', async () => {
  const { organizationId } = (await act('organizations.create', await signIn(), { name: 'New' })) as {
    organizationId: string;
  };
  expect(await trail(organizationId, 'organizations.create')).toMatchObject([
    { actor_id: userId, entity_type: 'organization', entity_id: organizationId, details: { name: 'New' } },
  ]);
});
