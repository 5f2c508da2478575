import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
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
      query
        .selectFrom('captures')
        .select([
          'id',
          'run_id as runId',
          'final_url as url',
          'status',
          'fetched_at as fetchedAt',
          'kept_at as keptAt',
          'origin',
          'not_modified as notModified',
          'body_bytes as bytes',
          sql<string | null>`headers ->> 'content-type'`.as('contentType'),
        ])
        .where('owner_id', '=', tenantId)
        .where('source_id', '=', id)
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    if (!found) throw noSuchSource();
    const items = rows.slice(0, limit).map((row) => capture.parse({ ...row, bytes: Number(row.bytes) }));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
