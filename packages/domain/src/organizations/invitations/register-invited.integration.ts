import { createHash, randomBytes } from 'node:crypto';
import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { executeAction } from '../../actions/execute-action.ts';
import { actions } from '../../actions/registry.ts';
import { dependenciesOf } from '../../isolation/populate.ts';

// no row in feature_flags: registration is closed
const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as, tenantId, roleIds } = await createTestOrganization(owner, 'inviting');
const password = 'quite a long winter evening';

const act = (name: string, caller: Identity | object, input: object = {}) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, caller, input);
};
const register = (token: string, more: object = {}) => act('invitations.register', {}, { token, password, ...more });
const opened = z.object({ userId: z.uuid(), organizationId: z.uuid() });

/** What the worker would have mailed. */
async function invite(email: string): Promise<{ invitationId: string; token: string }> {
  const made = await act('invitations.create', as.admin, { email, roleId: roleIds.editor });
  const { invitationId } = z.object({ invitationId: z.uuid() }).parse(made);
  const token = randomBytes(32).toString('base64url');
  await owner.query(
    'insert into identity.mail_tokens (token_hash, mail_id) select $1, id from identity.mails where invitation_id = $2',
    [createHash('sha256').update(token).digest(), invitationId],
  );
  return { invitationId, token };
}

test('an invitation opens an account for its address, and a membership, while registration is closed', async () => {
  const { token } = await invite('Guest@example.org');
  await expect(act('users.register', {}, { email: 'Guest@example.org', password })).rejects.toMatchObject({
    kind: 'forbidden',
  });
  const { userId, organizationId } = opened.parse(await register(token, { name: 'Guest', username: 'guest' }));
  expect(organizationId).toBe(tenantId);
  expect(await act('session.logIn', {}, { login: 'guest', password })).toEqual({ userId });
  const { rows } = await owner.query(
    'select email, email_verified_at is not null as verified from users where id = $1',
    [userId],
  );
  expect(rows).toEqual([{ email: 'Guest@example.org', verified: true }]);
  const { items } = z
    .object({ items: z.array(z.object({ userId: z.uuid(), roles: z.array(z.string()) })) })
    .parse(await act('members.list', { userId, tenantId }));
  expect(items).toContainEqual({ userId, roles: ['editor'] });
  expect(await act('invitations.list', as.admin)).toMatchObject([{ answer: 'accepted' }]);
  expect(await act('audit.list', as.auditor, { entityId: userId })).toMatchObject({
    items: [{ action: 'session.logIn' }, { action: 'invitations.register', outcome: 'done' }],
  });
});

test('of many at once one opens it', async () => {
  const { token } = await invite('many@example.org');
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => register(token)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const { rows } = await owner.query(`select count(*)::int as n from users where email = 'many@example.org'`);
  expect(rows).toEqual([{ n: 1 }]);
});

test('an address that has an account keeps it, and can still answer with it', async () => {
  const { rows } = await owner.query(`insert into users (email) values ('There@example.org') returning id`);
  const { token } = await invite('there@example.org');
  await expect(register(token)).rejects.toMatchObject({ kind: 'conflict' });
  await act('invitations.answer', { userId: rows[0].id }, { token, accept: true });
  const { rowCount } = await owner.query('select from identity.accounts where user_id = $1', [rows[0].id]);
  expect(rowCount, 'nobody got a password for it').toBe(0);
});

test('an invitation that was taken back or has expired opens nothing', async () => {
  const revoked = await invite('revoked@example.org');
  await act('invitations.revoke', as.admin, { invitationId: revoked.invitationId });
  const expired = await invite('expired@example.org');
  await owner.query('update identity.mails set expires_at = now() where invitation_id = $1', [expired.invitationId]);
  for (const { token } of [revoked, expired]) await expect(register(token)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(register(randomBytes(32).toString('base64url'))).rejects.toMatchObject({ kind: 'invalid' });
  const { rowCount } = await owner.query(
    `select from users where email in ('revoked@example.org', 'expired@example.org')`,
  );
  expect(rowCount).toBe(0);
  const { rowCount: waiting } = await owner.query('select from identity.registrations');
  expect(waiting).toBe(0);
});

test('a guessable password is refused, and the link is still good', async () => {
  const { token } = await invite('weak@example.org');
  await expect(register(token, { password: 'password123456' })).rejects.toMatchObject({ kind: 'invalid' });
  await register(token);
});

test('a registration of somebody else for the address ends with it, and gives nobody a password', async () => {
  await owner.query(
    `insert into identity.registrations (email, name, password) values ('raced@example.org', 'attacker', '$argon2id$attackers')`,
  );
  const { token } = await invite('raced@example.org');
  const { userId } = opened.parse(await register(token));
  expect(await act('session.logIn', {}, { login: 'raced@example.org', password })).toEqual({ userId });
  const { rowCount } = await owner.query(`select from identity.registrations where email = 'raced@example.org'`);
  expect(rowCount).toBe(0);
});
