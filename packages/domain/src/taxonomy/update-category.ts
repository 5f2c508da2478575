import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedCategory } from './changed-category.ts';
import { category, categoryName, definition } from './schema.ts';

export const updateCategory = defineMutation({
  name: 'taxonomy.update',
  summary: 'Rename or define a category',
  access: 'taxonomy:write',
  rest: { method: 'PATCH', path: '/v1/categories/{categoryId}' },
  input: z.object({
    categoryId: z.uuid(),
    revision: seenRevision,
    name: categoryName.optional(),
    definition: definition.optional(),
  }),
  output: category,
  audit: {
    entityType: 'taxonomy',
    entityId: ({ categoryId }) => categoryId,
    details: ({ name, definition: text }) => ({
      fields: Object.keys({ ...(name && { name }), ...(text && { definition: text }) }),
    }),
  },
  run: ({ db }, { categoryId, revision, ...changes }) =>
    changedCategory(
      db,
      sql`app.update_category(${categoryId}::uuid, ${revision}::integer, ${JSON.stringify(changes)}::jsonb)`,
    ),
});
