import { query } from '@granary/db';

export const todoColumns = [
  'id',
  'owner_id as ownerId',
  'assignee_id as assigneeId',
  'title',
  'notes',
  'due_on as dueOn',
  'entity_type as entityType',
  'entity_id as entityId',
  'completed_at as completedAt',
  'completed_by as completedBy',
  'revision',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

/** To-dos of an organization that the caller may see: which those are is the policy's to say. */
export const selectTodos = (tenantId: string) =>
  query.selectFrom('todos').select(todoColumns).where('tenant_id', '=', tenantId);
