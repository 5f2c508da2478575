import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const categorizeBlock = defineMutation({
  name: 'taxonomy.categorizeBlock',
  summary: 'Say in which categories a block stands; in no others from then on',
  access: 'block:write',
  rest: { method: 'PUT', path: '/v1/blocks/{blockId}/categories' },
  input: z.object({ blockId: z.uuid(), categories: z.array(z.uuid()).max(100) }),
  output: z.object({ categories: z.array(z.uuid()) }),
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ categories }) => ({ categories }),
  },
  async run({ db }, { blockId, categories }) {
    await sql`select app.categorize(${blockId}::uuid, null, ${categories}::uuid[])`.execute(db);
    return { categories: [...new Set(categories)] };
  },
});
