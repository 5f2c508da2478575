import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectRuns } from './run-query.ts';
import { run, runStates } from './schema.ts';

export const listRuns = defineQuery({
  name: 'runs.list',
  summary: 'List the runs of a pipeline, newest first',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/pipelines/{pipelineId}/runs' },
  input: z.object({
    pipelineId: z.uuid(),
    state: z.enum(runStates).optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(run), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { pipelineId, state, limit, cursor }) {
    const rows = await reader.rows(
      selectRuns(tenantId)
        .where('r.pipeline_id', '=', pipelineId)
        .$if(state !== undefined, (q) => q.where('r.state', '=', state!))
        .$if(cursor !== undefined, (q) => q.where('r.id', '<', cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('r.id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => run.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
