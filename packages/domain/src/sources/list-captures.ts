import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectCaptures, toPage } from './capture-query.ts';
import { noSuchSource } from './no-such-source.ts';
import { capture, sourceId } from './schema.ts';
import { selectSources } from './source-query.ts';

export const listCaptures = defineQuery({
  name: 'sources.captures',
  summary: 'List the pages of a source as they were captured, newest first',
  access: 'capture:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/captures' },
  input: z.object({
    sourceId,
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(capture), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { sourceId: id, limit, cursor }) {
    const [[found], rows] = await reader.together(
      selectSources(query, tenantId).where('id', '=', id),
      selectCaptures(query, tenantId, id, cursor).limit(limit + 1),
    );
    if (!found) throw noSuchSource();
    return toPage(rows, limit);
  },
});
