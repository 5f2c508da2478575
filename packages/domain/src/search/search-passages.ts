import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { findPassages } from './find-passages.ts';
import { foundPassage, searchInput, vectorUse } from './schema.ts';

export const searchPassages = defineQuery({
  name: 'search.passages',
  summary:
    'Find passages of what datasets, blocks and edges say of themselves, as context for a language model, with their source',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/search/passages' },
  input: z.object({ ...searchInput, limit: z.int().min(1).max(100).default(10) }),
  output: z.object({ vectors: vectorUse, items: z.array(foundPassage) }),
  async run(context, { limit, ...asked }) {
    const { vectors, items } = await findPassages(context, { ...asked, most: limit });
    return { vectors, items: [...items] };
  },
});
