import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const deleteTodo = defineMutation({
  name: 'todos.delete',
  summary: 'Delete a to-do of yours',
  access: 'todo:write',
  rest: { method: 'DELETE', path: '/v1/todos/{todoId}' },
  input: z.object({ todoId: z.uuid() }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'todo', entityId: ({ todoId }) => todoId },
  async run({ db }, { todoId }) {
    await sql`select app.delete_todo(${todoId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
