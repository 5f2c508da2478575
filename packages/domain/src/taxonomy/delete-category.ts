import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';

export const deleteCategory = defineMutation({
  name: 'taxonomy.delete',
  summary: 'Delete a category; what it holds, if it does, goes to the one that you name',
  access: 'taxonomy:write',
  rest: { method: 'DELETE', path: '/v1/categories/{categoryId}' },
  input: z.object({
    categoryId: z.uuid(),
    revision: seenRevision,
    toCategoryId: z.uuid().optional().meta({ description: 'What takes the categories, blocks and edges in it' }),
  }),
  output: z.object({ deleted: z.literal(true) }),
  audit: {
    entityType: 'taxonomy',
    entityId: ({ categoryId }) => categoryId,
    details: ({ toCategoryId }) => ({ toCategoryId }),
  },
  async run({ db }, { categoryId, revision, toCategoryId }) {
    await sql`select app.delete_category(${categoryId}::uuid, ${revision}::integer, ${toCategoryId ?? null}::uuid)`.execute(
      db,
    );
    return { deleted: true as const };
  },
});
