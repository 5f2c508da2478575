import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedTodo } from './changed-todo.ts';
import { dueOn, entityType, notes, requireWholeLink, title, todo } from './schema.ts';

export const createTodo = defineMutation({
  name: 'todos.create',
  summary: 'Write down something to do, for yourself or for another member',
  access: 'todo:write',
  rest: { method: 'POST', path: '/v1/todos' },
  input: z.object({
    title,
    notes: notes.default(''),
    dueOn: dueOn.optional(),
    assigneeId: z.uuid().optional(),
    entityType: entityType.optional(),
    entityId: z.uuid().optional(),
  }),
  output: todo,
  audit: {
    entityType: 'todo',
    entityId: (_input, { id }) => id,
    details: ({ assigneeId, entityId }) => ({ assigneeId, entityId }),
  },
  async run({ db }, input) {
    requireWholeLink(input);
    return changedTodo(
      db,
      sql`app.create_todo(${input.title}, ${input.notes}, ${input.dueOn ?? null}::date, ${input.assigneeId ?? null}::uuid,
        ${input.entityType ?? null}, ${input.entityId ?? null}::uuid)`,
    );
  },
});
