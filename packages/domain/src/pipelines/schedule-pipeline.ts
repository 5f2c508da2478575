import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { seenRevisionOrAny } from '../ports/seen-revision.ts';
import { nextRun } from '../schedules/next-run.ts';
import { changedPipeline } from './changed-pipeline.ts';
import { pipeline } from './schema.ts';

export const schedulePipeline = defineMutation({
  name: 'pipelines.schedule',
  summary: 'Have a pipeline run by itself, as you; or, without a schedule, no more',
  access: 'pipeline:write',
  rest: { method: 'PUT', path: '/v1/pipelines/{pipelineId}/schedule' },
  input: z.object({
    pipelineId: z.uuid(),
    revision: seenRevisionOrAny,
    schedule: z
      .strictObject({
        cron: z.string().max(200).meta({ description: 'Minute, hour, day of month, month, day of week: 0 6 * * 1-5' }),
        timeZone: z.string().max(100).default('UTC').meta({ description: 'Of the IANA: Europe/Berlin' }),
      })
      .nullable(),
  }),
  output: pipeline,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    details: ({ schedule }) => ({ schedule }),
  },
  run({ db, identity: { tenantId } }, { pipelineId, revision, schedule }) {
    const next = schedule && nextRun(schedule.cron, schedule.timeZone, new Date());
    if (schedule && !next) throw new DomainError('invalid', 'this schedule is never due', { field: 'cron' });
    return changedPipeline(
      db,
      tenantId,
      sql`app.schedule_pipeline(${pipelineId}::uuid, ${revision}::integer, ${schedule?.cron ?? null}, ${schedule?.timeZone ?? null},
        ${next?.toISOString() ?? null}::timestamptz)`,
    );
  },
});
