import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { findPassages } from './find-passages.ts';
import { searchedKind, searchInput, vectorUse } from './schema.ts';

/** So many passages are looked at for one source: a long one has several that fit. */
const passagesEach = 4;

export const searchCatalogue = defineQuery({
  name: 'search.query',
  summary: 'Find datasets, blocks and edges by words and by meaning, best first, each with the passage that fits best',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/search' },
  input: z.object({ ...searchInput, limit: z.int().min(1).max(50).default(10) }),
  output: z.object({
    vectors: vectorUse,
    items: z.array(
      z.object({
        entityType: searchedKind,
        entityId: z.uuid(),
        title: z.string(),
        score: z.number(),
        passage: z.string(),
      }),
    ),
  }),
  async run(context, { limit, ...asked }) {
    const { vectors, items } = await findPassages(context, { ...asked, most: limit * passagesEach });
    const best = items.filter(({ entityId }, at) => items.findIndex((other) => other.entityId === entityId) === at);
    return {
      vectors,
      items: best
        .slice(0, limit)
        .map(({ entityType, entityId, title, score, text }) => ({ entityType, entityId, title, score, passage: text })),
    };
  },
});
