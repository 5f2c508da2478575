import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedCategory } from './changed-category.ts';
import { category, categoryName, definition } from './schema.ts';

export const createCategory = defineMutation({
  name: 'taxonomy.create',
  summary: 'Make a category, at the top or below another one',
  access: 'taxonomy:write',
  rest: { method: 'POST', path: '/v1/categories' },
  input: z.object({
    name: categoryName,
    parentId: z.uuid().nullable().default(null),
    definition: definition.default(''),
  }),
  output: category,
  audit: {
    entityType: 'taxonomy',
    entityId: (_input, { id }) => id,
    details: ({ parentId }) => ({ parentId }),
  },
  run: ({ db }, { name, parentId, definition: text }) =>
    changedCategory(db, sql`app.create_category(${parentId}::uuid, ${name}, ${text})`),
});
