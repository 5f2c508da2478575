import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { destroyEncryptionKey } from '../encryption/destroy-key.ts';
import { makeToken } from '../identity/opaque-token.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { answerInvitation } from '../organizations/invitations/answer-invitation.ts';
import { inviteMember } from '../organizations/invitations/invite-member.ts';
import { registerInvited } from '../organizations/invitations/register-invited.ts';
import { setMemberRoles } from '../organizations/members/set-member-roles.ts';
import { createRole } from '../organizations/roles/create-role.ts';
import { deleteRole } from '../organizations/roles/delete-role.ts';
import { handOn, office } from './testing/office.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const open = (name: string) => office(owner, dependencies, name);

const eventsOf = async (tenantId: string, type: string) => {
  const { rows } = await owner.query<{ actor_id: string | null; data: object }>(
    'select actor_id, data from outbox_events where tenant_id = $1 and type = $2 order by id',
    [tenantId, type],
  );
  return rows;
};

/** The link of the mail that an invitation was sent by. */
async function linkOf(recipient: string): Promise<string> {
  const { text, hash } = makeToken();
  await owner.query(
    `insert into identity.mail_tokens (token_hash, mail_id) select $1, id from identity.mails where recipient = $2 order by id desc limit 1`,
    [hash, recipient],
  );
  return text;
}

test('who invited somebody is told when they come, by whichever door, and nobody else', async () => {
  const { tenantId, call, inbox, roleIds } = await open('inviting');
  const roleId = roleIds.viewer ?? '';
  await call('admin', inviteMember, { email: 'grace@example.org', roleId });
  const { rows } = await owner.query<{ id: string }>(
    `insert into users (email, name) values ('Grace@example.org', 'Grace') returning id`,
  );
  const token = await linkOf('grace@example.org');
  await executeAction(dependencies, answerInvitation, { userId: rows[0]?.id ?? '' }, { token, accept: true });
  expect(await inbox('admin')).toEqual(['Grace accepted your invitation']);
  await call('admin', inviteMember, { email: 'new@example.org', roleId });
  await executeAction(
    dependencies,
    registerInvited,
    { address: '192.0.2.1' },
    { token: await linkOf('new@example.org'), password: 'quite a long winter evening', name: 'Newcomer' },
  );
  expect(await inbox('admin')).toEqual(['Newcomer accepted your invitation', 'Grace accepted your invitation']);
  expect(await inbox('owner')).toEqual([]);
  expect(await eventsOf(tenantId, 'member.joined')).toHaveLength(2);
  expect(await eventsOf(tenantId, 'member.roles_changed'), 'their first roles are no news').toEqual([]);
});

test('a role that is deleted tells those who lose it', async () => {
  const { as, call, inbox, roleIds } = await open('deleted role');
  const { roleId } = await call('owner', createRole, { name: 'helper', permissions: ['dataset:read'] });
  await call('owner', setMemberRoles, { userId: as.viewer.userId, roleIds: [roleId, roleIds.viewer ?? ''] });
  await call('owner', deleteRole, { roleId });
  expect(await inbox('viewer')).toEqual([
    'owner changed your roles: viewer',
    'owner changed your roles: helper, viewer',
  ]);
});

test('any number of roles can be given, whatever they are called: the event stays small', async () => {
  const { tenantId, as, call } = await open('many roles');
  const { rows } = await owner.query<{ id: string }>(
    `insert into roles (tenant_id, name) select $1, repeat('ü', 190) || n from generate_series(1, 50) n returning id`,
    [tenantId],
  );
  await call('owner', setMemberRoles, { userId: as.viewer.userId, roleIds: rows.map(({ id }) => id) });
  const [event] = await eventsOf(tenantId, 'member.roles_changed');
  expect(event).toMatchObject({ data: { roles: Array.from({ length: 20 }, () => 'ü'.repeat(60)) } });
});

test('a destroyed key tells whoever administers what it sealed; that of all pseudonyms, whoever may destroy it', async () => {
  const { tenantId, as, call, inbox } = await open('destroyed');
  const { dataset } = await call('owner', createDataset, { name: 'patients', identifiers: ['name'] });
  const { rows } = await owner.query<{ id: string; purpose: string }>(
    'select id, purpose from encryption_keys where tenant_id = $1 order by purpose',
    [tenantId],
  );
  expect(rows.map(({ purpose }) => purpose)).toEqual(['dataset', 'pseudonym']);
  await owner.query(
    `insert into dataset_shares (tenant_id, dataset_id, user_id, access) values ($1, $2, $3, 'admin')`,
    [tenantId, dataset.id, as.editor.userId],
  );
  for (const { id } of rows) {
    await call('owner', destroyEncryptionKey, { encryptionKeyId: id });
    await call('owner', destroyEncryptionKey, { encryptionKeyId: id }); // again: nothing happens
  }
  expect(await inbox('editor')).toEqual([
    'owner destroyed an encryption key of “patients”',
    expect.stringMatching(/access to “patients”$/),
  ]);
  expect(await inbox('admin')).toEqual(['owner destroyed the key of the organization’s pseudonyms']);
  expect(await inbox('owner'), 'who did it').toEqual([]);
});

test('another plan is told of to whoever runs the organization; that it is to be erased, to programs alone', async () => {
  const { tenantId, inbox } = await open('plan');
  await owner.query(`update organizations set plan = 'business' where id = $1`, [tenantId]);
  expect(await inbox('owner')).toEqual(['The plan of the organization is business now, it was unlimited']);
  expect(await inbox('editor')).toEqual([]);
  await owner.query(
    `update organizations set closed_at = now(), erase_after = now() + interval '1 day' where id = $1`,
    [tenantId],
  );
  expect(await eventsOf(tenantId, 'organization.closing')).toMatchObject([
    { actor_id: null, data: { closedAt: expect.any(String), erasedAfter: expect.any(String) } },
  ]);
  expect(await handOn(owner)).toEqual([]);
  const { rows } = await owner.query(
    `select 1 from notifications where tenant_id = $1 and type = 'organization.closing'`,
    [tenantId],
  );
  expect(rows).toEqual([]);
});

test('in an organization that is being erased nothing is told any more', async () => {
  const { tenantId, as } = await open('erasing');
  await owner.query(
    `update organizations set closed_at = now(), erase_after = now(), erasing_since = now() where id = $1`,
    [tenantId],
  );
  await owner.query('delete from outbox_events where tenant_id = $1', [tenantId]);
  await owner.query('insert into todos (tenant_id, owner_id, assignee_id, title) values ($1, $2, $3, $4)', [
    tenantId,
    as.editor.userId,
    as.viewer.userId,
    'too late',
  ]);
  const { rows } = await owner.query('select 1 from outbox_events where tenant_id = $1', [tenantId]);
  expect(rows).toEqual([]);
});
