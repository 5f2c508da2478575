import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';

export const deletePipeline = defineMutation({
  name: 'pipelines.delete',
  summary:
    'Delete a pipeline with its versions and runs; the datasets that it made stay, and know where they came from',
  access: 'pipeline:delete',
  rest: { method: 'DELETE', path: '/v1/pipelines/{pipelineId}' },
  input: z.object({ pipelineId: z.uuid(), revision: seenRevision }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'pipeline', entityId: ({ pipelineId }) => pipelineId },
  async run({ db }, { pipelineId, revision }) {
    await sql`select app.delete_pipeline(${pipelineId}::uuid, ${revision}::integer)`.execute(db);
    return { deleted: true as const };
  },
});
