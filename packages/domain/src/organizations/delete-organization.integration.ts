import type { Identity, Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { dependenciesOf } from '../isolation/populate.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const password = 'correct horse battery staple, twice';
const hash = await dependencies.identity.passwords.hash(password);

async function act(name: string, identity: Identity, input: object = {}): Promise<Record<string, unknown>> {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return (await executeAction(dependencies, action, identity, input)) as Record<string, unknown>;
}

/** Somebody who has signed in with a password. */
async function signedIn(member: Member): Promise<Member> {
  await owner.query(
    `insert into identity.accounts (user_id, provider_id, account_id, password) select id, 'password', id::text, $2 from users where id = $1 on conflict do nothing`,
    [member.userId, hash],
  );
  const { rows } = await owner.query(
    `with s as (insert into identity.sessions (user_id, expires_at, absolute_expires_at) values ($1, now() + interval '1 hour', now() + interval '1 hour') returning id)
     insert into identity.session_tokens (token_hash, session_id, tenant_id) select sha256(app.uuidv7()::text::bytea), s.id, $2 from s returning id`,
    [member.userId, member.tenantId],
  );
  return { ...member, tokenId: rows[0].id };
}

async function setUp(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const made = await act('keys.create', as.editor, { name: 'k', scopes: ['dataset:read'] });
  const asKey: Member = { ...as.editor, keyId: createApiKey.output.parse(made).key.id };
  return { as, tenantId, asKey, founder: await signedIn(as.owner), colleague: await signedIn(as.editor) };
}
const closing = {
  kind: 'precondition',
  details: { reason: 'organization_closing', organizationId: expect.any(String), erasedAfter: expect.any(String) },
};
const mailsOf = async (tenantId: string, purpose: string) => {
  const { rows } = await owner.query<{ recipient: string }>(
    'select recipient from identity.mails where tenant_id = $1 and purpose = $2',
    [tenantId, purpose],
  );
  return rows.map(({ recipient }) => recipient.split('@')[0]).sort();
};

test('what its owner deleted is closed for everybody at the next request, which is told until when', async () => {
  const { as, tenantId, asKey, founder, colleague } = await setUp('closed');
  await act('datasets.list', asKey);
  const deleted = await act('organization.delete', founder, { currentPassword: password });
  expect(deleted.organizationId).toBe(tenantId);
  for (const who of [asKey, founder, colleague, as.admin])
    await expect(act('datasets.list', who)).rejects.toMatchObject(closing);
  await expect(act('session.whoAmI', asKey), 'a key has nothing else to do').rejects.toMatchObject(closing);
  expect(await act('access.explain', as.owner, { permission: 'dataset:read' })).toMatchObject({
    allowed: false,
    reason: 'organization_closing',
  });
  expect(await mailsOf(tenantId, 'organization_deleted')).toEqual([
    'admin',
    'auditor',
    'colleague',
    'editor',
    'owner',
    'viewer',
  ]);
});

test('what was being uploaded into it ends, so that what has landed is swept away', async () => {
  const { as, founder } = await setUp('uploading');
  const { id } = await act('uploads.begin', as.editor, { fileName: 'half.csv', bytes: 10 });
  await act('organization.delete', founder, { currentPassword: password });
  const { rows } = await owner.query('select app.expire_uploads() as id');
  expect(rows).toEqual([{ id }]);
});

test('a stranger is told nothing of it, and PostgREST’s role sees nothing in it', async () => {
  const { as, tenantId, founder } = await setUp('hidden');
  const other = await createTestOrganization(owner, 'other');
  await act('organization.delete', founder, { currentPassword: password });
  await expect(act('datasets.list', { ...other.as.owner, tenantId })).rejects.toMatchObject({ kind: 'not_found' });
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)`, [
      JSON.stringify({ sub: as.owner.userId, role: 'authenticated' }),
    ]);
    const { rows } = await client.query('select from organizations');
    expect(rows).toEqual([]);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('who is in it can go on elsewhere, sees that it is closing, and comes home to another one', async () => {
  const { as, tenantId, founder } = await setUp('left behind');
  const { organizationId } = await act('organizations.create', founder, { name: 'Elsewhere' });
  await act('organization.delete', founder, { currentPassword: password });
  const listed = await act('organizations.list', founder);
  expect(listed).toEqual([
    { id: organizationId, name: 'Elsewhere', isActive: false, closedAt: null, erasedAfter: null, erasingSince: null },
    expect.objectContaining({
      id: tenantId,
      isActive: true,
      closedAt: expect.any(String),
      erasedAfter: expect.any(String),
    }),
  ]);
  await act('session.switchOrganization', founder, { organizationId });
  await expect(act('session.switchOrganization', founder, { organizationId: tenantId })).rejects.toMatchObject(closing);
  const { rows } = await owner.query('select app.home_of($1) as home', [as.owner.userId]);
  expect(rows).toEqual([{ home: organizationId }]);
});

test('only an owner deletes it, with the right password, in a session, and once', async () => {
  const { as, founder, asKey } = await setUp('guarded');
  const admin = await signedIn(as.admin);
  const remove = (who: Identity, currentPassword = password) => act('organization.delete', who, { currentPassword });
  await expect(remove(admin)).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringContaining('organization:delete'),
  });
  await expect(remove(founder, 'wrong')).rejects.toMatchObject({
    kind: 'forbidden',
    message: 'the current password is wrong',
  });
  await expect(remove(asKey)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(remove(as.owner)).rejects.toMatchObject({ kind: 'forbidden' });
  const both = await Promise.allSettled([remove(founder), remove(founder)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: closing });
  expect(await mailsOf(founder.tenantId, 'organization_deleted')).toHaveLength(6);
});

test('an owner restores it from the very session in which they deleted it; everything is as it was', async () => {
  const { as, tenantId, founder, asKey } = await setUp('restored');
  const restore = (who: Identity) => act('organizations.restore', who, { organizationId: tenantId });
  await expect(restore(founder)).rejects.toMatchObject({ kind: 'precondition' });
  await act('organization.delete', founder, { currentPassword: password });
  for (const who of [as.admin, as.editor, { userId: as.viewer.userId }])
    await expect(restore(who)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(restore(asKey)).rejects.toMatchObject({ kind: 'forbidden' });
  await restore(founder);
  await act('datasets.list', asKey);
  await act('datasets.list', founder);
  expect(await mailsOf(tenantId, 'organization_restored')).toHaveLength(6);
});

test('who runs the installation sees what is closing, and restores it; nobody does once it is being erased', async () => {
  const { tenantId, founder } = await setUp('for operators');
  await act('organization.delete', founder, { currentPassword: password });
  const { rows } = await owner.query(`insert into users (email) values ('operator@granary.example') returning id`);
  await owner.query('insert into identity.operators (user_id) values ($1)', [rows[0].id]);
  const operator = { userId: rows[0].id };
  const { items } = await act('organizations.listAll', operator, { search: 'FOR OPER', isClosing: true });
  expect(items).toEqual([
    expect.objectContaining({ id: tenantId, erasedAfter: expect.any(String), erasingSince: null }),
  ]);
  expect(await act('organizations.list', operator), 'their own are none').toEqual([]);
  await act('organizations.restore', operator, { organizationId: tenantId });
  await act('organization.delete', founder, { currentPassword: password });
  await owner.query('update organizations set erasing_since = now() where id = $1', [tenantId]);
  for (const who of [operator, founder])
    await expect(act('organizations.restore', who, { organizationId: tenantId })).rejects.toMatchObject({
      kind: 'precondition',
      details: { reason: 'organization_erasing' },
    });
});

test('a closed organization keeps nobody from deleting their account; without an owner it is not restored', async () => {
  const { as, tenantId, founder } = await setUp('abandoned');
  await act('organization.delete', founder, { currentPassword: password });
  await act('users.deleteOwn', founder, { currentPassword: password });
  const { rows } = await owner.query('select id from users u join identity.operators o on o.user_id = u.id');
  await expect(
    act('organizations.restore', { userId: rows[0].id }, { organizationId: tenantId }),
  ).rejects.toMatchObject({
    kind: 'conflict',
  });
  expect(as.owner.tenantId).toBe(tenantId);
});

test('an invitation cannot be accepted while it is closed, and can afterwards', async () => {
  const { as, tenantId, founder } = await setUp('inviting');
  await act('invitations.create', as.owner, { email: 'guest@inviting.example', roleId: await roleOf(tenantId) });
  await owner.query(
    `insert into identity.mail_tokens (token_hash, mail_id) select sha256('inviting'), id from identity.mails where tenant_id = $1 and purpose = 'invitation'`,
    [tenantId],
  );
  const guests = await owner.query(`insert into users (email) values ('guest@inviting.example') returning id`);
  const answer = () =>
    owner.query(
      `select app.answer_invitation(sha256('inviting'), true) from set_config('request.jwt.claims', $1, false)`,
      [JSON.stringify({ sub: guests.rows[0].id })],
    );
  await act('organization.delete', founder, { currentPassword: password });
  await expect(answer()).rejects.toMatchObject({ code: 'GR412' });
  await act('organizations.restore', founder, { organizationId: tenantId });
  await answer();
});

async function roleOf(tenantId: string): Promise<string> {
  const { rows } = await owner.query(`select id from roles where tenant_id = $1 and name = 'viewer'`, [tenantId]);
  return rows[0].id;
}
