import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';

export const title = z.string().trim().min(1).max(200);
export const notes = z.string().max(10_000);
export const dueOn = z.iso.date().meta({ description: 'A calendar day: 2027-01-31' });
export const entityType = z.enum(['dataset']);
export const revision = z
  .int()
  .positive()
  .meta({ description: 'The one that you saw: if the to-do was changed since, nothing happens' });

export const todo = z
  .object({
    id: z.uuid(),
    ownerId: z.uuid(),
    assigneeId: z.uuid().nullable(),
    title: z.string(),
    notes: z.string(),
    dueOn: z.string().nullable(),
    entityType: entityType.nullable(),
    entityId: z.uuid().nullable().meta({ description: 'What it is about; it may have been deleted since' }),
    completedAt: z.string().nullable(),
    completedBy: z.uuid().nullable(),
    revision: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Todo' });

interface Link {
  readonly entityType?: string | null | undefined;
  readonly entityId?: string | null | undefined;
}

/** Throws DomainError invalid for half a link. */
export function requireWholeLink({ entityType: kind, entityId: id }: Link): void {
  // null takes a link away, undefined leaves it: of both ends the same
  if (typeof kind !== typeof id)
    throw new DomainError('invalid', 'a link has an entityType and an entityId', { entityType: kind, entityId: id });
}
