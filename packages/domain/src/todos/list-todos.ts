import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { dueOn, entityType, todo } from './schema.ts';
import { selectTodos } from './todo-query.ts';

export const listTodos = defineQuery({
  name: 'todos.list',
  summary: 'List the to-dos that you own or are assigned, newest first',
  access: 'todo:read',
  rest: { method: 'GET', path: '/v1/todos' },
  input: z.object({
    state: z.enum(['open', 'completed', 'all']).default('open'),
    whose: z
      .enum(['owned', 'assigned', 'all'])
      .default('all')
      .meta({ description: 'Those that you own, those that you are assigned, or all that you may see' }),
    dueBefore: dueOn.optional(),
    entityType: entityType.optional(),
    entityId: z.uuid().optional().meta({ description: 'Only what is about this' }),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(todo), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId, userId } }, { state, whose, limit, ...only }) {
    const rows = await reader.rows(
      selectTodos(tenantId)
        .$if(state !== 'all', (q) => q.where('completed_at', state === 'open' ? 'is' : 'is not', null))
        .$if(whose === 'owned', (q) => q.where('owner_id', '=', userId))
        .$if(whose === 'assigned', (q) => q.where('assignee_id', '=', userId))
        .$if(only.dueBefore !== undefined, (q) => q.where('due_on', '<', only.dueBefore!))
        .$if(only.entityType !== undefined, (q) => q.where('entity_type', '=', only.entityType!))
        .$if(only.entityId !== undefined, (q) => q.where('entity_id', '=', only.entityId!))
        .$if(only.cursor !== undefined, (q) => q.where('id', '<', only.cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => todo.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
