import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { launchRun } from './launch-run.ts';
import { run } from './schema.ts';

/** What the worker does as who set the schedule: in no registry, for nobody calls it. Its event is that of a launch. */
export const launchScheduledRun = defineMutation({
  ...launchRun,
  summary: 'Launch the run of a time of the schedule',
  input: z.object({ pipelineId: z.uuid(), launchKey: z.string() }),
  output: run,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    details: ({ launchKey }, { id, trigger }) => ({ runId: id, trigger, launchKey }),
  },
  run: ({ db, identity: { tenantId } }, { pipelineId, launchKey }) =>
    changedRun(db, tenantId, sql`app.launch_run(${pipelineId}::uuid, ${launchKey}, '{}'::jsonb, 'schedule')`),
});
