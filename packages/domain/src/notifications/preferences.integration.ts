import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { makeToken } from '../identity/opaque-token.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { leaveOrganization } from '../organizations/members/leave-organization.ts';
import { createTodo } from '../todos/create-todo.ts';
import { describedEvents } from './events.ts';
import { getPreferences } from './get-preferences.ts';
import { setPreference } from './set-preference.ts';
import { handOn, office } from './testing/office.ts';
import { unsubscribe } from './unsubscribe.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const open = (name: string) => office(owner, dependencies, name);

const told = async (tenantId: string, userId: string) => {
  const { rows } = await owner.query(
    `select n.type, n.place is not null as inbox, n.digest, m.purpose as mail from notifications n
     left join identity.mails m on m.id = n.mail_id where n.tenant_id = $1 and n.user_id = $2 order by n.id`,
    [tenantId, userId],
  );
  return rows;
};

test('whoever has chosen nothing has what the event types have, and whoever chose one has the others still', async () => {
  const { call } = await open('defaults');
  const { items } = await call('viewer', getPreferences, {});
  expect(items.map(({ type }) => type)).toEqual(
    Object.keys(describedEvents).filter((type) => type !== 'organization.closing'),
  );
  expect(
    items.every(
      ({ isDefault, type, inbox, mail }) =>
        isDefault && inbox === describedEvents[type].inbox && mail === describedEvents[type].mail,
    ),
  ).toBe(true);
  expect(await call('viewer', setPreference, { type: 'todo.assigned', mail: 'daily' })).toEqual({
    type: 'todo.assigned',
    inbox: true,
    mail: 'daily',
  });
  expect(await call('viewer', setPreference, { type: 'todo.assigned', inbox: false })).toMatchObject({
    inbox: false,
    mail: 'daily',
  });
  const mine = (await call('viewer', getPreferences, {})).items.find(({ type }) => type === 'todo.assigned');
  expect(mine).toMatchObject({ inbox: false, mail: 'daily', isDefault: false });
  const others = (await call('editor', getPreferences, {})).items.find(({ type }) => type === 'todo.assigned');
  expect(others).toMatchObject({ inbox: true, mail: 'immediate', isDefault: true });
});

test('a choice decides what comes from then on: inbox, mail, digest, or nothing', async () => {
  const { tenantId, as, call } = await open('choices');
  const choices = [
    { inbox: true, mail: 'off' },
    { inbox: false, mail: 'immediate' },
    { inbox: true, mail: 'daily' },
    { inbox: false, mail: 'weekly' },
    { inbox: false, mail: 'off' },
  ] as const;
  for (const choice of choices) {
    await call('viewer', setPreference, { type: 'todo.assigned', ...choice });
    await call('editor', createTodo, { title: JSON.stringify(choice), assigneeId: as.viewer.userId });
    await handOn(owner);
  }
  const type = 'todo.assigned';
  expect(await told(tenantId, as.viewer.userId)).toEqual([
    { type, inbox: true, digest: null, mail: null },
    { type, inbox: false, digest: null, mail: 'notification' },
    { type, inbox: true, digest: null, mail: null }, // off, the last choice, lets go of what waited for a digest
    { type, inbox: false, digest: null, mail: null },
  ]);
});

test('what concerns one’s safety stays in the inbox, whatever one says; its mails can be switched off', async () => {
  const { as, tenantId, call, inbox } = await open('safety');
  await expect(call('editor', setPreference, { type: 'api_key.created', inbox: false })).rejects.toMatchObject({
    kind: 'precondition',
  });
  await call('editor', setPreference, { type: 'api_key.created', mail: 'off' });
  // and somebody who got at the row
  await owner.query(`update notification_preferences set inbox = false where tenant_id = $1`, [tenantId]);
  await call('editor', createApiKey, { name: 'stolen', scopes: ['dataset:read'] });
  expect(await inbox('editor')).toEqual(['Your API key “stolen” was made']);
  expect(await told(tenantId, as.editor.userId)).toMatchObject([{ mail: null }]);
});

test('what is no event type, or is only for programs, cannot be chosen', async () => {
  const { call } = await open('no such type');
  // @ts-expect-error
  await expect(call('viewer', setPreference, { type: 'todo.lost', mail: 'off' })).rejects.toMatchObject({
    kind: 'invalid',
  });
  await expect(call('viewer', setPreference, { type: 'organization.closing', mail: 'daily' })).rejects.toMatchObject({
    kind: 'invalid',
  });
  // @ts-expect-error
  await expect(call('viewer', setPreference, { type: 'todo.due', mails: 'off' })).rejects.toMatchObject({
    kind: 'invalid',
  });
});

test('the link of a mail ends mails about what stood in it, without signing in, as often as one likes', async () => {
  const { tenantId, as, call } = await open('link');
  await call('editor', createTodo, { title: 'one', assigneeId: as.viewer.userId });
  await handOn(owner);
  const token = makeToken();
  const mails = await owner.query<{ id: string }>('select id from identity.mails where tenant_id = $1', [tenantId]);
  await owner.query('select app.prepare_mail($1, $2)', [mails.rows[0]?.id, token.hash]);
  const end = (text: string) => executeAction(dependencies, unsubscribe, {}, { token: text });
  const expected = { userId: as.viewer.userId, types: ['todo.assigned'] };
  expect(await end(token.text)).toEqual(expected);
  expect(await end(token.text)).toEqual(expected);
  const mine = (await call('viewer', getPreferences, {})).items.filter(({ isDefault }) => !isDefault);
  expect(mine).toMatchObject([{ type: 'todo.assigned', inbox: true, mail: 'off' }]);
  await expect(end(makeToken().text)).rejects.toMatchObject({ kind: 'invalid' });
  await owner.query(`update identity.mails set expires_at = now() where tenant_id = $1`, [tenantId]);
  await expect(end(token.text)).rejects.toMatchObject({ kind: 'invalid' });
  const { rows } = await owner.query(
    `select actor_id, details from audit_events where tenant_id = $1 and action = 'notifications.unsubscribe'`,
    [tenantId],
  );
  expect(rows[0]).toEqual({ actor_id: as.viewer.userId, details: { types: ['todo.assigned'] } });
});

test('the link of a mail sets no password and opens no account', async () => {
  const { tenantId, as, call } = await open('other links');
  await call('editor', createTodo, { title: 'one', assigneeId: as.viewer.userId });
  await handOn(owner);
  const { hash } = makeToken();
  await owner.query('select app.prepare_mail(id, $2) from identity.mails where tenant_id = $1', [tenantId, hash]);
  for (const purpose of ['password_reset', 'activation', 'email_change', 'invitation'])
    await expect(owner.query('select app.use_mail_token($1, $2)', [purpose, hash])).rejects.toMatchObject({
      code: 'GR400',
    });
});

test('who leaves takes along what they were told; who deletes their account, what they chose as well', async () => {
  const { tenantId, as, call } = await open('leaving');
  await call('viewer', setPreference, { type: 'todo.due', mail: 'weekly' });
  await call('editor', createTodo, { title: 'one', assigneeId: as.viewer.userId });
  await handOn(owner);
  expect(await told(tenantId, as.viewer.userId)).toHaveLength(1);
  await call('viewer', leaveOrganization, {});
  await handOn(owner);
  expect(await told(tenantId, as.viewer.userId)).toEqual([]);
  const client = await owner.connect();
  await client.query('begin');
  await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub: as.viewer.userId })]);
  await client.query('select app.delete_user($1)', [as.viewer.userId]);
  await client.query('commit');
  client.release();
  for (const table of [
    'notifications',
    'notification_preferences',
    'notification_inboxes',
    'notification_digests',
    'identity.mails',
  ]) {
    const { rows } = await owner.query(`select 1 from ${table} where user_id = $1`, [as.viewer.userId]);
    expect(rows, table).toEqual([]);
  }
});
