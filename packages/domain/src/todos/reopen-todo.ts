import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedTodo } from './changed-todo.ts';
import { todo } from './schema.ts';

export const reopenTodo = defineMutation({
  name: 'todos.reopen',
  summary: 'Take back that something is done',
  access: 'todo:write',
  rest: { method: 'DELETE', path: '/v1/todos/{todoId}/completion' },
  input: z.object({ todoId: z.uuid() }),
  output: todo,
  audit: { entityType: 'todo', entityId: ({ todoId }) => todoId },
  run: ({ db }, { todoId }) => changedTodo(db, sql`app.reopen_todo(${todoId}::uuid)`),
});
