import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedTodo } from './changed-todo.ts';
import { dueOn, entityType, notes, requireWholeLink, revision, title, todo } from './schema.ts';

export const updateTodo = defineMutation({
  name: 'todos.update',
  summary: 'Change a to-do, if it is still as you saw it; null takes a day or a link away',
  access: 'todo:write',
  rest: { method: 'PATCH', path: '/v1/todos/{todoId}' },
  input: z.object({
    todoId: z.uuid(),
    revision,
    title: title.optional(),
    notes: notes.optional(),
    dueOn: dueOn.nullable().optional(),
    entityType: entityType.nullable().optional(),
    entityId: z.uuid().nullable().optional(),
  }),
  output: todo,
  audit: {
    entityType: 'todo',
    entityId: ({ todoId }) => todoId,
    details: ({ todoId: _todo, revision: _seen, ...changes }) => ({ fields: Object.keys(changes) }),
  },
  async run({ db }, { todoId, revision: seen, ...changes }) {
    requireWholeLink(changes);
    return changedTodo(db, sql`app.update_todo(${todoId}::uuid, ${seen}::integer, ${JSON.stringify(changes)}::jsonb)`);
  },
});
