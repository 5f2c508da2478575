import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedTodo } from './changed-todo.ts';
import { todo } from './schema.ts';

export const completeTodo = defineMutation({
  name: 'todos.complete',
  summary: 'Note that something is done',
  access: 'todo:write',
  rest: { method: 'POST', path: '/v1/todos/{todoId}/completion' },
  input: z.object({ todoId: z.uuid() }),
  output: todo,
  audit: { entityType: 'todo', entityId: ({ todoId }) => todoId },
  run: ({ db }, { todoId }) => changedTodo(db, sql`app.complete_todo(${todoId}::uuid)`),
});
