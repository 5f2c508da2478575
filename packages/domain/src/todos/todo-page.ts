import { z } from 'zod';
import { dueOn, entityType } from './schema.ts';
import { selectTodos } from './todo-query.ts';

export const todoFilter = z.object({
  state: z.enum(['open', 'completed', 'all']).default('open'),
  dueBefore: dueOn.optional(),
  entityType: entityType.optional(),
  entityId: z.uuid().optional().meta({ description: 'Only what is about this' }),
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
});

/** A page of an organization's to-dos, newest first, and one more where there are more. */
export const selectTodoPage = (tenantId: string, { state, limit, ...only }: z.output<typeof todoFilter>) =>
  selectTodos(tenantId)
    .$if(state !== 'all', (q) => q.where('completed_at', state === 'open' ? 'is' : 'is not', null))
    .$if(only.dueBefore !== undefined, (q) => q.where('due_on', '<', only.dueBefore!))
    .$if(only.entityType !== undefined, (q) => q.where('entity_type', '=', only.entityType!))
    .$if(only.entityId !== undefined, (q) => q.where('entity_id', '=', only.entityId!))
    .$if(only.cursor !== undefined, (q) => q.where('id', '<', only.cursor!)) // ids are UUIDv7: in order of creation
    .orderBy('id', 'desc')
    .limit(limit + 1);
