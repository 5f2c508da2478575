import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedCategory } from './changed-category.ts';
import { category } from './schema.ts';

export const mergeCategory = defineMutation({
  name: 'taxonomy.merge',
  summary: 'Make a category one with another one, which gets what it holds and remembers its name',
  access: 'taxonomy:write',
  rest: { method: 'POST', path: '/v1/categories/{categoryId}/merge' },
  input: z.object({ categoryId: z.uuid(), revision: seenRevision, intoCategoryId: z.uuid() }),
  output: category,
  audit: {
    entityType: 'taxonomy',
    entityId: ({ categoryId }) => categoryId,
    details: ({ intoCategoryId }) => ({ intoCategoryId }),
  },
  run: ({ db }, { categoryId, revision, intoCategoryId }) =>
    changedCategory(db, sql`app.merge_category(${categoryId}::uuid, ${revision}::integer, ${intoCategoryId}::uuid)`),
});
