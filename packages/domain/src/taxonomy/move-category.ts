import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedCategory } from './changed-category.ts';
import { category } from './schema.ts';

export const moveCategory = defineMutation({
  name: 'taxonomy.move',
  summary: 'Put a category, with all that stands below it, below another one; null: to the top',
  access: 'taxonomy:write',
  rest: { method: 'POST', path: '/v1/categories/{categoryId}/parent' },
  input: z.object({ categoryId: z.uuid(), revision: seenRevision, parentId: z.uuid().nullable() }),
  output: category,
  audit: {
    entityType: 'taxonomy',
    entityId: ({ categoryId }) => categoryId,
    details: ({ parentId }) => ({ parentId }),
  },
  run: ({ db }, { categoryId, revision, parentId }) =>
    changedCategory(db, sql`app.move_category(${categoryId}::uuid, ${revision}::integer, ${parentId}::uuid)`),
});
