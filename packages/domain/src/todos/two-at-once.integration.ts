import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { dependenciesOf } from '../isolation/populate.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { assignTodo } from './assign-todo.ts';
import { completeTodo } from './complete-todo.ts';
import { createTodo } from './create-todo.ts';
import { getTodo } from './get-todo.ts';
import { updateTodo } from './update-todo.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function office(name: string) {
  const { as } = await createTestOrganization(owner, name);
  return { as, ...createDatasetCaller(dependencies, owner, as.editor) };
}

/** How each of several at once ended. */
const endings = async (attempts: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(attempts)).map((each) => (each.status === 'fulfilled' ? 'done' : each.reason.kind)).sort();

test('of two at once that saw the same one changes it, and of two that complete it one does', async () => {
  const { as, call } = await office('two at once');
  const { id: todoId } = await call(createTodo, { title: 'x', assigneeId: as.colleague.userId });
  expect(
    await endings([
      call(updateTodo, { todoId, revision: 1, title: 'a' }),
      call(updateTodo, { todoId, revision: 1, title: 'b' }, as.colleague),
      call(assignTodo, { todoId, revision: 1, assigneeId: as.colleague.userId }),
    ]),
  ).toEqual(['conflict', 'conflict', 'done']);
  expect(await endings([call(completeTodo, { todoId }), call(completeTodo, { todoId }, as.colleague)])).toEqual([
    'done',
    'precondition',
  ]);
  expect(await call(getTodo, { todoId })).toMatchObject({ revision: 3 });
});

/** Somebody who holds what a statement locks until they let it be so. */
async function halfWay(identity: Member, statement: string, values: readonly unknown[]) {
  const client = await owner.connect();
  await client.query('begin');
  await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
  await client.query(statement, [...values]);
  return async () => {
    await client.query('commit');
    client.release();
  };
}

const waiting = (count: number) =>
  expect
    .poll(async () => {
      const sql = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (await owner.query(sql)).rowCount;
    })
    .toBe(count);

test('nobody is given a to-do, or writes one, while they are being removed', async () => {
  const { as, call } = await office('removed meanwhile');
  const { userId: colleague } = as.colleague;
  const { id: todoId } = await call(createTodo, { title: 'x' });
  const remove = await halfWay(as.owner, 'select app.remove_member($1, $2)', [colleague, as.editor.userId]);
  const ended = endings([
    call(assignTodo, { todoId, revision: 1, assigneeId: colleague }),
    call(createTodo, { title: 'y', assigneeId: colleague }),
    call(createTodo, { title: 'z' }, as.colleague),
  ]);
  await waiting(3);
  await remove();
  expect(await ended).toEqual(['not_found', 'not_found', 'not_found']);
});

test('what somebody is given just before they are removed is taken from them', async () => {
  const { as, call } = await office('given meanwhile');
  const { userId: colleague } = as.colleague;
  const { id: todoId } = await call(createTodo, { title: 'x' });
  const give = await halfWay(as.editor, 'select app.assign_todo($1, 1, $2)', [todoId, colleague]);
  const removed = call(removeMember, { userId: colleague }, as.owner);
  await waiting(1);
  await give();
  await removed;
  expect(await call(getTodo, { todoId })).toMatchObject({ assigneeId: null, revision: 3 });
});
