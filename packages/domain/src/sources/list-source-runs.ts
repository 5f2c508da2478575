import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchSource } from './no-such-source.ts';
import { parseRun } from './parse-run.ts';
import { run, sourceId } from './schema.ts';
import { selectRuns, selectSources } from './source-query.ts';

export const runPage = z.object({
  sourceId,
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
});

export const listSourceRuns = defineQuery({
  name: 'sources.runs',
  summary: 'List a source’s runs, newest first',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/runs' },
  input: runPage,
  output: z.object({ items: z.array(run), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { sourceId: id, limit, cursor }) {
    const [[found], rows] = await reader.together(
      selectSources(query, tenantId).where('id', '=', id),
      selectRuns(query, tenantId, id)
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    if (!found) throw noSuchSource();
    const items = rows.slice(0, limit).map(parseRun);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
