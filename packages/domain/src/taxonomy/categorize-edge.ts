import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const categorizeEdge = defineMutation({
  name: 'taxonomy.categorizeEdge',
  summary: 'Say in which categories an edge stands; in no others from then on',
  access: 'edge:write',
  rest: { method: 'PUT', path: '/v1/edges/{edgeId}/categories' },
  input: z.object({ edgeId: z.uuid(), categories: z.array(z.uuid()).max(100) }),
  output: z.object({ categories: z.array(z.uuid()) }),
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ categories }) => ({ categories }),
  },
  async run({ db }, { edgeId, categories }) {
    await sql`select app.categorize(null, ${edgeId}::uuid, ${categories}::uuid[])`.execute(db);
    return { categories: [...new Set(categories)] };
  },
});
