import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedTodo } from './changed-todo.ts';
import { revision, todo } from './schema.ts';

export const assignTodo = defineMutation({
  name: 'todos.assign',
  summary: 'Give a to-do to a member, or with null to nobody, if it is still as you saw it',
  access: 'todo:write',
  rest: { method: 'PUT', path: '/v1/todos/{todoId}/assignee' },
  input: z.object({ todoId: z.uuid(), revision, assigneeId: z.uuid().nullable() }),
  output: todo,
  audit: {
    entityType: 'todo',
    entityId: ({ todoId }) => todoId,
    details: ({ assigneeId }) => ({ assigneeId }),
  },
  run: ({ db }, { todoId, revision: seen, assigneeId }) =>
    changedTodo(db, sql`app.assign_todo(${todoId}::uuid, ${seen}::integer, ${assigneeId}::uuid)`),
});
