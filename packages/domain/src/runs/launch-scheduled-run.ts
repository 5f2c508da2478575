import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { launchRun } from './launch-run.ts';
import { readLaunched } from './launched-run.ts';
import { launchedRun } from './schema.ts';

/** What the worker does as who set the schedule: in no registry, for nobody calls it. Its event is that of a launch. */
export const launchScheduledRun = defineMutation({
  ...launchRun,
  summary: 'Launch the run of a time of the schedule',
  input: z.object({ pipelineId: z.uuid(), launchKey: z.string() }),
  output: launchedRun,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    concerns: ({ isNew }) => isNew,
    details: ({ launchKey }, { id, trigger }) => ({ runId: id, trigger, launchKey }),
  },
  run: ({ db, identity: { tenantId } }, { pipelineId, launchKey }) =>
    readLaunched(db, tenantId, sql`app.launch_run(${pipelineId}::uuid, ${launchKey}, '{}'::jsonb, 'schedule')`),
});
