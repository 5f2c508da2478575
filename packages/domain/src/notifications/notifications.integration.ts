import { claimsOf } from '@granary/db';
import { createTestDatabase, createTestOrganization, type TestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { unshareDataset } from '../datasets/unshare-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { setMemberRoles } from '../organizations/members/set-member-roles.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { assignTodo } from '../todos/assign-todo.ts';
import { completeTodo } from '../todos/complete-todo.ts';
import { createTodo } from '../todos/create-todo.ts';
import { listNotifications } from './list-notifications.ts';
import { markAllRead } from './mark-all-read.ts';
import { markRead } from './mark-read.ts';
import { handOn, office } from './testing/office.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const open = (name: string) => office(owner, dependencies, name);

const eventsOf = async ({ tenantId }: Pick<TestOrganization, 'tenantId'>, type: string) =>
  (await owner.query('select * from outbox_events where tenant_id = $1 and type = $2 order by id', [tenantId, type]))
    .rows;

test('whoever is given a to-do is told, and its owner when it is done; nobody of what they did themselves', async () => {
  const { as, call, inbox, unread } = await open('to-dos');
  const todo = await call('editor', createTodo, { title: 'Look at the gaps', assigneeId: as.viewer.userId });
  expect(await inbox('viewer')).toEqual(['editor gave you the to-do “Look at the gaps”']);
  expect(await inbox('editor')).toEqual([]);
  expect(await inbox('colleague')).toEqual([]);
  expect(await unread('viewer')).toBe(1);
  await call('editor', assignTodo, { todoId: todo.id, revision: 1, assigneeId: as.colleague.userId });
  await call('colleague', completeTodo, { todoId: todo.id });
  expect(await inbox('editor')).toEqual(['colleague completed the to-do “Look at the gaps”']);
  expect(await inbox('colleague')).toEqual(['editor gave you the to-do “Look at the gaps”']);
  // it is not theirs any more: what it says is hidden from them
  expect(await inbox('viewer')).toEqual(['editor gave you a to-do']);
});

test('a change that is rolled back leaves no event, and one that is given back before anybody was told tells nobody', async () => {
  const { tenantId, as, call, inbox } = await open('rolled back');
  await expect(
    call('editor', createTodo, { title: 'x', assigneeId: '00000000-0000-7000-8000-000000000000' }),
  ).rejects.toMatchObject({ kind: 'not_found' });
  const client = await owner.connect();
  await client.query('begin');
  await client.query('insert into todos (tenant_id, owner_id, assignee_id, title) values ($1, $2, $3, $4)', [
    tenantId,
    as.editor.userId,
    as.viewer.userId,
    'never written',
  ]);
  await client.query('rollback');
  client.release();
  expect(await eventsOf({ tenantId }, 'todo.assigned')).toEqual([]);
  const { id, revision } = await call('editor', createTodo, { title: 'x', assigneeId: as.viewer.userId });
  await call('editor', assignTodo, { todoId: id, revision, assigneeId: null });
  expect(await inbox('viewer')).toEqual([]);
});

test('a hundred events of one transaction are a hundred rows, in their order, and one mail', async () => {
  const { tenantId, as, call } = await open('a hundred');
  await owner.query(
    `insert into todos (tenant_id, owner_id, assignee_id, title)
     select $1, $2, $3, 'number ' || n from generate_series(1, 100) n`,
    [tenantId, as.editor.userId, as.viewer.userId],
  );
  await handOn(owner);
  const { items } = await call('viewer', listNotifications, { limit: 1000 });
  expect(items).toHaveLength(100);
  expect(new Set(items.map(({ subjectId }) => subjectId)).size).toBe(100);
  expect(items.map(({ cursor }) => Number(cursor))).toEqual(
    items.map(({ cursor }) => Number(cursor)).toSorted((one, other) => other - one),
  );
  const pages: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof firstPage>> = await firstPage(cursor);
    pages.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  function firstPage(cursor: string | undefined) {
    return call('viewer', listNotifications, { limit: 33, cursor });
  }
  expect(pages).toEqual(items.map(({ id }) => id));
  const mails = await owner.query(`select purpose from identity.mails where tenant_id = $1 and user_id = $2`, [
    tenantId,
    as.viewer.userId,
  ]);
  expect(mails.rows.filter(({ purpose }) => purpose === 'notification')).toHaveLength(1);
});

test('a private dataset is told of to whoever may read it, as long as they may', async () => {
  const { tenantId, as, call, inbox, unread } = await open('private');
  const stranger = await open('strangers of the private');
  const { dataset } = await call('editor', createDataset, { name: 'salaries' });
  await publishVersion(
    owner,
    { ...as.editor, datasetId: dataset.id },
    { columns: [{ name: 'x', type: 'text' }], rows: [['1']] },
  );
  const { rows } = await owner.query<{ id: string }>(
    `select app.emit_event($1, 'dataset.rows_quarantined', 'dataset', $2, '{"quarantined": 3}') as id`,
    [tenantId, dataset.id],
  );
  expect(rows[0]?.id).toBeDefined();
  expect(await inbox('editor')).toEqual(['3 rows of “salaries” are in quarantine']);
  for (const who of ['owner', 'admin', 'colleague', 'viewer', 'auditor'] as const)
    expect(await inbox(who), who).toEqual([]);
  for (const who of ['owner', 'editor'] as const) expect(await stranger.inbox(who), who).toEqual([]);

  const share = await call('editor', shareDataset, { datasetId: dataset.id, userId: as.colleague.userId });
  expect(await inbox('colleague')).toEqual(['editor gave you read access to “salaries”']);
  const [told] = (await call('colleague', listNotifications, {})).items;
  await call('editor', unshareDataset, { datasetId: dataset.id, shareId: share.id });
  expect(await inbox('colleague')).toEqual([]);
  expect(await unread('colleague')).toBe(0);
  expect(await call('colleague', markRead, { notificationIds: [told?.id ?? ''] })).toEqual({ marked: 0 });
  await call('editor', shareDataset, { datasetId: dataset.id, userId: as.colleague.userId, access: 'write' });
  expect(await inbox('colleague')).toHaveLength(2);
  expect(await unread('colleague')).toBe(2);
});

test('access that was taken between the event and its handing on is counted: nobody is told', async () => {
  const { as, call, inbox } = await open('taken meanwhile');
  const { dataset } = await call('editor', createDataset, { name: 'short-lived' });
  const share = await call('editor', shareDataset, { datasetId: dataset.id, userId: as.viewer.userId });
  await call('editor', unshareDataset, { datasetId: dataset.id, shareId: share.id });
  expect(await inbox('viewer')).toEqual([]);
});

test('a role that gets a share tells those who have it, of this organization alone', async () => {
  const { call, inbox, roleIds } = await open('by role');
  const { dataset } = await call('editor', createDataset, { name: 'for viewers' });
  await call('editor', shareDataset, { datasetId: dataset.id, roleId: roleIds.viewer ?? '' });
  expect(await inbox('viewer')).toEqual(['editor gave you read access to “for viewers”']);
  expect(await inbox('colleague')).toEqual([]);
  await call('editor', shareDataset, { datasetId: dataset.id }); // with everybody: news for nobody in particular
  expect(await inbox('colleague')).toEqual([]);
});

test('reading is noted for what is one’s own, once, and up to what one saw', async () => {
  const { as, call, inbox, unread } = await open('reading');
  for (const title of ['one', 'two', 'three'])
    await call('editor', createTodo, { title, assigneeId: as.viewer.userId });
  await inbox('viewer');
  const { items } = await call('viewer', listNotifications, {});
  const [third, second, first] = items.map(({ id }) => id);
  expect(await call('colleague', markRead, { notificationIds: [first ?? ''] })).toEqual({ marked: 0 });
  expect(await call('colleague', markAllRead, {})).toEqual({ marked: 0 });
  expect(await call('viewer', markRead, { notificationIds: [second ?? '', second ?? ''] })).toEqual({ marked: 1 });
  expect(await call('viewer', markRead, { notificationIds: [second ?? ''] })).toEqual({ marked: 0 });
  expect((await call('viewer', listNotifications, { unread: true })).items.map(({ id }) => id)).toEqual([third, first]);
  expect(await call('viewer', markAllRead, { until: items[1]?.cursor })).toEqual({ marked: 1 });
  expect(await unread('viewer')).toBe(1);
  expect(await call('viewer', markAllRead, {})).toEqual({ marked: 1 });
  expect(await unread('viewer')).toBe(0);
  // @ts-expect-error a misspelled field does not mark what nobody has seen
  await expect(call('viewer', markAllRead, { untill: '1' })).rejects.toMatchObject({ kind: 'invalid' });
});

test('other roles are told of once, however many rows that took; who joins or leaves is not', async () => {
  const { tenantId, as, call, inbox, roleIds } = await open('roles');
  await call('owner', setMemberRoles, {
    userId: as.viewer.userId,
    roleIds: [roleIds.editor ?? '', roleIds.auditor ?? ''],
  });
  expect(await inbox('viewer')).toEqual(['owner changed your roles: auditor, editor']);
  await call('owner', removeMember, { userId: as.viewer.userId });
  await handOn(owner);
  const { rows } = await owner.query(
    `select n.type, n.place, m.purpose from notifications n left join identity.mails m on m.id = n.mail_id
     where n.tenant_id = $1 and n.user_id = $2`,
    [tenantId, as.viewer.userId],
  );
  expect(rows, 'of their inbox nothing is left, and they are told by mail').toEqual([
    { type: 'member.removed', place: null, purpose: 'notification' },
  ]);
  await expect(inbox('viewer')).rejects.toMatchObject({ kind: 'not_found' });
});

test('whoever has a key made in their name is told, also by themselves', async () => {
  const { call, inbox } = await open('keys');
  await call('editor', createApiKey, { name: 'nightly', scopes: ['dataset:read'] });
  expect(await inbox('editor')).toEqual(['Your API key “nightly” was made']);
  expect(await inbox('owner')).toEqual([]);
});

test('a full plan is told of once a day: by who took the last place, and by who was refused', async () => {
  const { tenantId, call, inbox } = await open('full');
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'datasets', 1, 'test')`,
    [tenantId],
  );
  await call('editor', createDataset, { name: 'the last one' });
  for (const name of ['a', 'b'])
    await expect(call('editor', createDataset, { name })).rejects.toMatchObject({ kind: 'limit_reached' });
  expect(await inbox('owner')).toEqual(['The organization has reached its limit of 1 datasets']);
  expect(await inbox('editor')).toEqual([]);
  await owner.query(`update entitlement_overrides set value = 0 where tenant_id = $1`, [tenantId]);
  await owner.query(`delete from outbox_events where tenant_id = $1`, [tenantId]); // as if a month had passed
  await expect(call('editor', createDataset, { name: 'c' })).rejects.toMatchObject({ kind: 'limit_reached' });
  expect(await inbox('admin')).toHaveLength(2);
});

test('nobody forges an event, reads the outbox, or says of a limit what is not so', async () => {
  const { tenantId, as } = await open('forgers');
  const refused: string[] = [];
  for (const [login, role] of [
    ['granary_api', 'granary_member'],
    ['granary_api', null],
    ['granary_identity', null],
    ['granary_worker', null],
  ] as const) {
    const client = await database.pool(login).connect();
    for (const statement of [
      `select app.emit_event('${tenantId}', 'member.removed', 'user', '${as.viewer.userId}', '{}')`,
      `select app.fan_out_event('${tenantId}')`,
      `select app.write_preference('${tenantId}', '${as.viewer.userId}', 'todo.due', true, 'off')`,
      `select from public.outbox_events`,
      `insert into public.outbox_events (tenant_id, type, subject_type, subject_id) values ('${tenantId}', 'todo.due', 'x', 'x')`,
      `insert into public.notifications (tenant_id, user_id) values ('${tenantId}', '${as.viewer.userId}')`,
    ]) {
      await client.query('begin');
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(as.owner)]);
      if (role) await client.query(`set local role ${role}`);
      await client.query(statement).then(
        () => expect.fail(`${login} ${role}: ${statement}`),
        ({ code }) => refused.push(code),
      );
      await client.query('rollback');
    }
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(as.owner)]);
    if (role) await client.query(`select app.note_own_limit('datasets', 1)`).catch(() => {});
    await client.query('rollback');
    client.release();
  }
  expect(new Set(refused)).toEqual(new Set(['42501']));
  expect(await eventsOf({ tenantId }, 'plan.limit_reached')).toEqual([]);
});

test('one that cannot be handed on holds up no other, and is tried again', async () => {
  const { tenantId, as, call, inbox } = await open('broken');
  await owner.query(`select app.emit_event($1, 'todo.due', 'todo', 'no id of a to-do', '{}')`, [tenantId]);
  await call('editor', createTodo, { title: 'fine', assigneeId: as.viewer.userId });
  expect(await inbox('viewer')).toEqual(['editor gave you the to-do “fine”']);
  const [broken] = await eventsOf({ tenantId }, 'todo.due');
  expect(broken).toMatchObject({ attempts: 1, dispatched_at: null });
  await owner.query(`update outbox_events set due_at = now() where tenant_id = $1 and type = 'todo.due'`, [tenantId]);
  expect(await handOn(owner)).toEqual([expect.stringContaining('22P02')]);
  await createTestOrganization(owner, 'after the broken one');
  expect(await handOn(owner)).toEqual([]);
});
