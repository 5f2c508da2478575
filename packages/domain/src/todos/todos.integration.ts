import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createDataset } from '../datasets/create-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { leaveOrganization } from '../organizations/members/leave-organization.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { assignTodo } from './assign-todo.ts';
import { completeTodo } from './complete-todo.ts';
import { createTodo } from './create-todo.ts';
import { deleteTodo } from './delete-todo.ts';
import { getTodo } from './get-todo.ts';
import { listTodos } from './list-todos.ts';
import { reopenTodo } from './reopen-todo.ts';
import { updateTodo } from './update-todo.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

/** An organization in which an editor writes to-dos. */
async function office(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  return { as, tenantId, ...createDatasetCaller(dependencies, owner, as.editor) };
}

test('a to-do is written, found, changed, done, taken back and deleted', async () => {
  const { as, call } = await office('whole life');
  const { dataset } = await call(createDataset, { name: 'postal codes' });
  const link = { entityType: 'dataset', entityId: dataset.id } as const;
  const made = await call(createTodo, { title: ' Look at the gaps ', dueOn: '2027-02-28', ...link });
  expect(made).toMatchObject({
    title: 'Look at the gaps',
    notes: '',
    dueOn: '2027-02-28',
    ...link,
    ownerId: as.editor.userId,
    assigneeId: null,
    completedAt: null,
    revision: 1,
  });
  const todoId = made.id;
  expect(await call(getTodo, { todoId })).toEqual(made);

  const changed = await call(updateTodo, { todoId, revision: 1, notes: 'north first', dueOn: null });
  expect(changed).toMatchObject({ title: 'Look at the gaps', notes: 'north first', dueOn: null, ...link, revision: 2 });
  expect(await call(updateTodo, { todoId, revision: 2, entityType: null, entityId: null })).toMatchObject({
    entityType: null,
    entityId: null,
    notes: 'north first',
  });

  const done = await call(completeTodo, { todoId });
  expect(done).toMatchObject({ completedBy: as.editor.userId, completedAt: expect.any(String), revision: 4 });
  await expect(call(completeTodo, { todoId })).rejects.toMatchObject({ kind: 'precondition' });
  expect(await call(reopenTodo, { todoId })).toMatchObject({ completedBy: null, completedAt: null });
  await expect(call(reopenTodo, { todoId })).rejects.toMatchObject({ kind: 'precondition' });
  await call(deleteTodo, { todoId });
  await expect(call(getTodo, { todoId })).rejects.toMatchObject({ kind: 'not_found' });
});

test('every change leaves its audit event, without the words of the to-do', async () => {
  const { as, tenantId, call } = await office('audited');
  const { id: todoId } = await call(createTodo, { title: 'private words' });
  await call(updateTodo, { todoId, revision: 1, title: 'other private words' });
  await call(assignTodo, { todoId, revision: 2, assigneeId: as.admin.userId });
  await call(completeTodo, { todoId });
  await call(reopenTodo, { todoId });
  await call(deleteTodo, { todoId });
  const { rows } = await owner.query<{ action: string; details: object }>(
    `select action, details from audit_events where tenant_id = $1 and entity_type = 'todo' and entity_id = $2 order by id`,
    [tenantId, todoId],
  );
  expect(rows.map(({ action }) => action)).toEqual(
    ['create', 'update', 'assign', 'complete', 'reopen', 'delete'].map((verb) => `todos.${verb}`),
  );
  expect(rows[1]?.details).toEqual({ fields: ['title'] });
  expect(JSON.stringify(rows)).not.toContain('private words');
});

test('the list is of what one owns and is assigned, by state, day and entity, in pages', async () => {
  const { as, call } = await office('lists');
  const { dataset } = await call(createDataset, { name: 'linked' });
  const mine = await call(createTodo, { title: 'mine', dueOn: '2027-01-01' });
  const given = await call(createTodo, { title: 'given', assigneeId: as.editor.userId }, as.admin);
  const linked = await call(createTodo, { title: 'linked', entityType: 'dataset', entityId: dataset.id });
  const done = await call(createTodo, { title: 'done', dueOn: '2027-03-01', assigneeId: as.editor.userId });
  await call(completeTodo, { todoId: done.id });
  await call(createTodo, { title: 'of somebody else' }, as.admin);
  const titles = async (input: Parameters<typeof call<typeof listTodos>>[1]) =>
    (await call(listTodos, input)).items.map(({ title }) => title);
  expect(await titles({})).toEqual(['linked', 'given', 'mine']);
  expect(await titles({ state: 'completed' })).toEqual(['done']);
  expect(await titles({ state: 'all' })).toEqual(['done', 'linked', 'given', 'mine']);
  expect(await titles({ state: 'all', whose: 'everybody' })).toEqual(['done', 'linked', 'given', 'mine']);
  expect(await titles({ whose: 'owned' })).toEqual(['linked', 'mine']);
  expect(await titles({ whose: 'assigned' })).toEqual(['given']);
  expect(await titles({ dueBefore: '2027-01-01', state: 'all' })).toEqual([]);
  expect(await titles({ dueBefore: '2027-01-02', state: 'all' })).toEqual(['mine']);
  expect(await titles({ entityType: 'dataset', entityId: dataset.id })).toEqual(['linked']);

  const first = await call(listTodos, { limit: 2 });
  expect(first).toMatchObject({ items: [{ id: linked.id }, { id: given.id }], nextCursor: given.id });
  expect(await call(listTodos, { limit: 2, cursor: given.id })).toEqual({ items: [mine], nextCursor: null });
});

test('a colleague, an administrator among them, neither sees nor changes it; who has todo:admin does both', async () => {
  const { as, call } = await office('colleagues');
  const made = await call(createTodo, { title: 'ours' });
  const todoId = made.id;
  for (const colleague of [as.colleague, as.admin]) {
    expect((await call(listTodos, { state: 'all', whose: 'everybody' }, colleague)).items).toEqual([]);
    for (const attempt of [
      () => call(getTodo, { todoId }, colleague),
      () => call(updateTodo, { todoId, revision: 1, title: 'theirs' }, colleague),
      () => call(assignTodo, { todoId, revision: 1, assigneeId: colleague.userId }, colleague),
      () => call(completeTodo, { todoId }, colleague),
      () => call(reopenTodo, { todoId }, colleague),
      () => call(deleteTodo, { todoId }, colleague),
    ])
      await expect(attempt()).rejects.toMatchObject({ kind: 'not_found', message: 'no such to-do' });
  }
  expect(await call(getTodo, { todoId })).toEqual(made);
  expect(await call(updateTodo, { todoId, revision: 1, title: 'seen to' }, as.owner)).toMatchObject({ revision: 2 });
  expect((await call(listTodos, {}, as.owner)).items).toHaveLength(0);
  expect((await call(listTodos, { whose: 'everybody' }, as.owner)).items).toHaveLength(1);
  await call(deleteTodo, { todoId }, as.owner);
});

test('an assignee changes it and hands it on, but does not delete it; a viewer sees what they are assigned, and no more', async () => {
  const { as, call } = await office('assignees');
  const { id: todoId } = await call(createTodo, { title: 'for two', assigneeId: as.colleague.userId });
  expect(await call(updateTodo, { todoId, revision: 1, notes: 'begun' }, as.colleague)).toMatchObject({ revision: 2 });
  await expect(call(deleteTodo, { todoId }, as.colleague)).rejects.toMatchObject({ kind: 'forbidden' });
  // the answer shows what was done, although it is out of sight with that
  const passed = await call(assignTodo, { todoId, revision: 2, assigneeId: as.viewer.userId }, as.colleague);
  expect(passed).toMatchObject({ assigneeId: as.viewer.userId, revision: 3 });
  await expect(call(getTodo, { todoId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  expect(await call(getTodo, { todoId }, as.viewer)).toEqual(passed);
  await expect(call(completeTodo, { todoId }, as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(call(createTodo, { title: 'no' }, as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await call(assignTodo, { todoId, revision: 3, assigneeId: null })).toMatchObject({ assigneeId: null });
});

test('a link is to a dataset that the caller may see, whole or not at all; it outlives the dataset', async () => {
  const { as, call } = await office('links');
  const { dataset } = await call(createDataset, { name: 'private' });
  const link = { entityType: 'dataset', entityId: dataset.id } as const;
  await expect(call(createTodo, { title: 'peep', ...link }, as.admin)).rejects.toMatchObject({ kind: 'not_found' });
  const theirs = await call(createTodo, { title: 'peep' }, as.admin);
  await expect(call(updateTodo, { todoId: theirs.id, revision: 1, ...link }, as.admin)).rejects.toMatchObject({
    kind: 'not_found',
  });
  for (const half of [{ entityId: dataset.id }, { entityType: 'dataset' }] as const) {
    await expect(call(createTodo, { title: 'half', ...half })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(call(updateTodo, { todoId: theirs.id, revision: 1, ...half }, as.admin)).rejects.toMatchObject({
      kind: 'invalid',
    });
  }
  const { id: todoId } = await call(createTodo, { title: 'kept', ...link });
  await owner.query('delete from datasets where id = $1', [dataset.id]);
  expect(await call(updateTodo, { todoId, revision: 1, notes: 'gone' })).toMatchObject(link);
});

test('what is no to-do is refused', async () => {
  const { call } = await office('hostile');
  for (const input of [
    { title: ' ' },
    { title: 'x'.repeat(201) },
    { title: 'x', notes: 'x'.repeat(10_001) },
    { title: 'x', dueOn: '2027-02-29' },
    { title: 'nul \u0000' },
    { title: 'x', notes: 'nul \u0000' },
  ])
    await expect(call(createTodo, input)).rejects.toMatchObject({ kind: 'invalid' });
  const { id: todoId } = await call(createTodo, { title: 'x' });
  for (const change of [{ title: 'nul \u0000' }, { notes: '\ud800' }, { dueOn: '0000-01-01' }])
    await expect(call(updateTodo, { todoId, revision: 1, ...change })).rejects.toMatchObject({ kind: 'invalid' });
  const stranger = crypto.randomUUID();
  await expect(call(assignTodo, { todoId, revision: 1, assigneeId: stranger })).rejects.toMatchObject({
    message: 'no such member',
  });
  await expect(call(createTodo, { title: 'x', assigneeId: stranger })).rejects.toMatchObject({
    message: 'no such member',
  });
});

test('who leaves hands their to-dos over, and what they were assigned is assigned to nobody', async () => {
  const { as, call } = await office('leaving');
  const own = await call(createTodo, { title: 'own' }, as.colleague);
  const given = await call(createTodo, { title: 'given', assigneeId: as.colleague.userId });
  await expect(call(leaveOrganization, {}, as.colleague)).rejects.toMatchObject({
    kind: 'conflict',
    details: { todos: 1 },
  });
  await call(removeMember, { userId: as.colleague.userId, successorId: as.editor.userId }, as.owner);
  expect(await call(getTodo, { todoId: own.id })).toMatchObject({ ownerId: as.editor.userId, revision: 2 });
  expect(await call(getTodo, { todoId: given.id })).toMatchObject({ assigneeId: null, revision: 2 });
  await expect(
    call(assignTodo, { todoId: given.id, revision: 2, assigneeId: as.colleague.userId }),
  ).rejects.toMatchObject({ message: 'no such member' });
});

/** What a statement does for a member who comes with SQL. */
async function asMember(identity: Member, statement: string): Promise<number | string> {
  const client = await database.pool('granary_api').connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    await client.query('set local role granary_member');
    return (await client.query(statement)).rowCount ?? 0;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : Promise.reject(error);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

test('by SQL as well a member reads what is theirs, and changes it by the commands alone', async () => {
  const { as, call } = await office('by sql');
  const { id } = await call(createTodo, { title: 'x' });
  expect(await asMember(as.editor, 'select from todos')).toBe(1);
  expect(await asMember(as.colleague, 'select from todos')).toBe(0);
  expect(await asMember(as.owner, 'select from todos')).toBe(1);
  expect(await asMember(as.editor, `update todos set title = 'y'`)).toBe('42501');
  expect(await asMember(as.editor, 'delete from todos')).toBe('42501');
  expect(await asMember(as.editor, `select app.complete_todo('${id}')`)).toBe(1);
  expect(await asMember(as.colleague, `select app.complete_todo('${id}')`)).toBe('GR404');
  expect(await asMember(as.viewer, `select app.create_todo('x', '', null, null, null, null)`)).toBe('GR403');
  expect(await asMember(as.editor, `select app.lock_todo('${id}', null)`)).toBe('42501');
});
