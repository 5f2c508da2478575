import { createHash, randomBytes } from 'node:crypto';
import type { Identity, Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const organization = (name: string) => createTestOrganization(owner, name);

type Fields = Record<string, unknown>;
async function act(name: string, identity: Identity, input: Fields = {}): Promise<Fields & Fields[]> {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return (await executeAction(dependencies, action, identity, input)) as Fields & Fields[];
}
const rolesOf = async ({ tenantId }: Member, userId: string) => {
  const { rows } = await owner.query<{ name: string }>(
    `select r.name from user_roles g join roles r on r.tenant_id = g.tenant_id and r.id = g.role_id
     where g.tenant_id = $1 and g.user_id = $2 order by 1`,
    [tenantId, userId],
  );
  return rows.map(({ name }) => name);
};

/** Somebody of no organization. */
async function person(email: string): Promise<Identity> {
  const { rows } = await owner.query('insert into users (email) values ($1) returning id', [email]);
  return { userId: rows[0].id };
}

test('who makes an organization owns it, and works there once it is the active one', async () => {
  const founder = await person('founder@example.org');
  const { organizationId } = await act('organizations.create', founder, { name: 'New' });
  const there: Member = { ...founder, tenantId: String(organizationId) };
  expect(await rolesOf(there, founder.userId)).toEqual(['owner']);
  expect(await act('organizations.list', there)).toMatchObject([
    { id: organizationId, name: 'New', isActive: true, closedAt: null },
  ]);
  await act('organization.rename', there, { name: 'Newer' });
  expect(await act('organization.get', there)).toMatchObject({ name: 'Newer' });
});

test('nobody gives a role that has more than they have, nor takes one, nor makes one', async () => {
  const { as, roleIds } = await organization('limits');
  const admin = as.admin;
  const set = (userId: string, roleId: string | undefined, who = admin) =>
    act('members.setRoles', who, { userId, roleIds: [roleId] });
  await expect(set(as.viewer.userId, roleIds.owner)).rejects.toMatchObject({
    kind: 'forbidden',
    details: { lacking: ['organization:delete', 'todo:admin'] },
  });
  await expect(set(as.owner.userId, roleIds.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(act('members.remove', admin, { userId: as.owner.userId })).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(act('roles.create', admin, { name: 'sly', permissions: ['organization:delete'] })).rejects.toMatchObject(
    { kind: 'forbidden' },
  );
  await expect(
    act('invitations.create', admin, { email: 'x@example.org', roleId: roleIds.owner }),
  ).rejects.toMatchObject({ kind: 'forbidden' });
  await set(as.viewer.userId, roleIds.editor);
  expect(await rolesOf(admin, as.viewer.userId)).toEqual(['editor']);
});

test('a change of roles holds at the next request, also of one that is custom', async () => {
  const { as, roleIds } = await organization('changes');
  const reads = () => act('datasets.list', as.viewer);
  const { roleId } = await act('roles.create', as.owner, { name: 'reader', permissions: ['dataset:read'] });
  await act('members.setRoles', as.owner, { userId: as.viewer.userId, roleIds: [roleId] });
  await reads();
  await act('roles.update', as.owner, { roleId, name: 'reader', permissions: ['audit:read'] });
  await expect(reads()).rejects.toMatchObject({ kind: 'forbidden' });
  await act('roles.delete', as.owner, { roleId });
  expect(await rolesOf(as.owner, as.viewer.userId)).toEqual([]);
  await expect(act('roles.delete', as.owner, { roleId: roleIds.viewer })).rejects.toMatchObject({ kind: 'not_found' });
  await expect(
    act('roles.update', as.owner, { roleId: roleIds.viewer, name: 'mine', permissions: ['dataset:read'] }),
  ).rejects.toMatchObject({ kind: 'not_found' });
});

test('the last owner stays; of two who give it up at once one does', async () => {
  const { as, roleIds } = await organization('owners');
  const stepDown = (who: Member) => act('members.setRoles', who, { userId: who.userId, roleIds: [roleIds.admin] });
  await expect(stepDown(as.owner)).rejects.toMatchObject({ kind: 'conflict' });
  await expect(act('members.leave', as.owner)).rejects.toMatchObject({ kind: 'conflict' });
  for (let round = 0; round < 5; round += 1) {
    await owner.query(
      `insert into user_roles (tenant_id, user_id, role_id) values ($1, $2, $4), ($1, $3, $4) on conflict do nothing`,
      [as.owner.tenantId, as.owner.userId, as.admin.userId, roleIds.owner],
    );
    const both = await Promise.allSettled([stepDown(as.owner), stepDown(as.admin)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
});

test('an organization is handed over once, however many try at once', async () => {
  const { as } = await organization('handed over');
  const hand = (to: Member) => act('organization.transferOwnership', as.owner, { userId: to.userId });
  const all = await Promise.allSettled([hand(as.admin), hand(as.editor), hand(as.viewer)]);
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await rolesOf(as.owner, as.owner.userId)).toEqual(['admin']);
  const { rows } = await owner.query(
    `select from user_roles g join roles r on r.tenant_id = g.tenant_id and r.id = g.role_id and r.name = 'owner' where g.tenant_id = $1`,
    [as.owner.tenantId],
  );
  expect(rows).toHaveLength(1);
});

const withDataset = z.object({ dataset: z.object({ id: z.uuid() }) });
const withKey = z.object({ key: z.object({ id: z.uuid() }) });
const memberPage = z.object({ items: z.array(z.object({ userId: z.uuid() })) });

test('a member who is removed has nothing at the next request; their datasets go to whom was named', async () => {
  const { as } = await organization('removed');
  const { dataset } = withDataset.parse(await act('datasets.create', as.editor, { name: 'left behind' }));
  const { key } = withKey.parse(await act('keys.create', as.editor, { name: 'k', scopes: ['dataset:read'] }));
  const remove = (input: Fields) => act('members.remove', as.owner, { userId: as.editor.userId, ...input });
  await expect(remove({})).rejects.toMatchObject({ kind: 'conflict', details: { datasets: 1 } });
  await expect(remove({ successorId: as.editor.userId })).rejects.toMatchObject({ kind: 'not_found' });
  await remove({ successorId: as.viewer.userId });
  await expect(act('datasets.list', as.editor)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(act('datasets.list', { ...as.editor, keyId: key.id })).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
  expect(await act('datasets.get', as.viewer, { datasetId: dataset.id })).toMatchObject({ name: 'left behind' });
  const members = memberPage.parse(await act('members.list', as.owner));
  expect(members.items.map(({ userId }) => userId)).not.toContain(as.editor.userId);
});

/** What the worker would have mailed: the token of the latest mail to an address. */
async function mailedToken(recipient: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await owner.query(
    `insert into identity.mail_tokens (token_hash, mail_id) select $1, id from identity.mails where recipient = $2 order by id desc limit 1`,
    [createHash('sha256').update(token).digest(), recipient],
  );
  return token;
}

test('an invitation is for one address, once, also when it is answered many times at once', async () => {
  const { as, roleIds, tenantId } = await organization('inviting');
  const guest = await person('Guest@example.org');
  const other = await person('other@example.org');
  await act('invitations.create', as.admin, { email: 'guest@example.org', roleId: roleIds.editor });
  const token = await mailedToken('guest@example.org');
  const answer = (who: Identity, accept = true) => act('invitations.answer', who, { token, accept });
  await expect(answer(other)).rejects.toMatchObject({ kind: 'forbidden' });
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => answer(guest)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await rolesOf(as.admin, guest.userId)).toEqual(['editor']);
  await act('datasets.list', { ...guest, tenantId });
  await expect(
    act('invitations.create', as.admin, { email: 'GUEST@example.org', roleId: roleIds.viewer }),
  ).rejects.toMatchObject({ kind: 'conflict' });
});

test('an invitation that was taken back, replaced, declined or has expired opens nothing', async () => {
  const { as, roleIds } = await organization('not coming');
  const guest = await person('late@example.org');
  const invite = async () => {
    const made = await act('invitations.create', as.admin, { email: 'late@example.org', roleId: roleIds.viewer });
    return { id: made.invitationId, token: await mailedToken('late@example.org') };
  };
  const answer = (token: string, accept = true) => act('invitations.answer', guest, { token, accept });
  const replaced = await invite();
  const revoked = await invite();
  await expect(answer(replaced.token)).rejects.toMatchObject({ kind: 'invalid' });
  await act('invitations.revoke', as.admin, { invitationId: revoked.id });
  await expect(answer(revoked.token)).rejects.toMatchObject({ kind: 'invalid' });
  const declined = await invite();
  await answer(declined.token, false);
  await expect(answer(declined.token)).rejects.toMatchObject({ kind: 'invalid' });
  const expired = await invite();
  await owner.query(`update identity.mails set expires_at = now() where invitation_id = $1`, [expired.id]);
  await expect(answer(expired.token)).rejects.toMatchObject({ kind: 'invalid' });
  expect(await rolesOf(as.admin, guest.userId)).toEqual([]);
  const listed = await act('invitations.list', as.admin);
  expect(listed.map((each) => each.answer)).toEqual([null, 'declined', 'revoked', 'revoked']);
});
