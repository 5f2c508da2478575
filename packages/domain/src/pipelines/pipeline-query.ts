import { query } from '@granary/db';
import { sql } from 'kysely';

const scheduleOf = sql<
  object | null
>`case when p.cron is not null then jsonb_build_object('cron', p.cron, 'timeZone', p.time_zone,
  'scheduledBy', p.scheduled_by, 'nextRunAt', p.next_run_at, 'error', p.schedule_error) end`;

/** Pipelines of an organization with the number of their current version; which ones the caller sees is the policy's to say. */
export const selectPipelines = (tenantId: string) =>
  query
    .selectFrom('pipelines as p')
    .innerJoin('pipeline_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'p.tenant_id').onRef('v.id', '=', 'p.current_version_id'),
    )
    .select([
      'p.id',
      'p.name',
      'p.description',
      'p.owner_id as ownerId',
      'v.number as version',
      'p.dagster_pipeline_config as dagsterPipelineConfig',
      'p.most_runs_at_once as mostRunsAtOnce',
      'p.timeout_seconds as timeoutSeconds',
      scheduleOf.as('schedule'),
      'p.revision',
      'p.created_by as createdBy',
      'p.created_at as createdAt',
      'p.updated_at as updatedAt',
    ])
    .where('p.tenant_id', '=', tenantId);

export const selectPipeline = (tenantId: string, pipelineId: string) =>
  selectPipelines(tenantId).where('p.id', '=', pipelineId);

const stepsOf = sql<object>`(select coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'edgeId', s.edge_id, 'edgeVersion', ev.number,
    'dependsOn', to_jsonb(s.depends_on), 'output', jsonb_build_object('datasetId', s.target_dataset_id, 'blockId', s.target_block_id),
    'retries', s.retries, 'seconds', s.seconds, 'inputs', (
      select coalesce(jsonb_agg(jsonb_build_object('port', e.port, 'datasetId', e.source_dataset_id, 'blockId', e.source_block_id) order by e.port), '[]')
      from pipeline_edges e where e.tenant_id = s.tenant_id and e.version_id = s.version_id and e.step = s.name)) order by s.position), '[]')
  from pipeline_steps s join edge_versions ev on ev.tenant_id = s.tenant_id and ev.id = s.edge_version_id
  where s.tenant_id = v.tenant_id and s.version_id = v.id)`;

const parametersOf = sql<object>`(select coalesce(jsonb_agg(jsonb_build_object('name', given -> 'name', 'type', given -> 'type',
    'default', given -> 'default') order by place), '[]') from jsonb_array_elements(v.parameters) with ordinality each (given, place))`;

export const selectPipelineVersions = (tenantId: string, pipelineId: string) =>
  query
    .selectFrom('pipeline_versions as v')
    .select([
      'v.number as version',
      parametersOf.as('parameters'),
      stepsOf.as('steps'),
      'v.digest',
      'v.created_by as createdBy',
      'v.created_at as createdAt',
    ])
    .where('v.tenant_id', '=', tenantId)
    .where('v.pipeline_id', '=', pipelineId);

const runtime = sql`extract(epoch from r.finished_at - r.started_at) `;
const succeeded = sql`filter (where r.state = 'succeeded')`;

/** times_run, average_runtime and percentiles: of the runs themselves. */
export const selectPipelineStatistics = (tenantId: string, pipelineId: string) =>
  query
    .selectFrom('pipeline_runs as r')
    .select([
      sql<number>`(count(*) filter (where r.started_at is not null))::integer`.as('timesRun'),
      sql<number>`(count(*) ${succeeded})::integer`.as('succeeded'),
      sql<number>`(count(*) filter (where r.state = 'failed'))::integer`.as('failed'),
      sql<number | null>`(avg(${runtime}) ${succeeded})::double precision`.as('averageRuntime'),
      sql<number | null>`percentile_cont(0.5) within group (order by ${runtime}::double precision) ${succeeded}`.as(
        'medianRuntime',
      ),
      sql<number | null>`percentile_cont(0.95) within group (order by ${runtime}::double precision) ${succeeded}`.as(
        'runtime95',
      ),
      sql<string | null>`max(r.started_at)`.as('lastRunAt'),
    ])
    .where('r.tenant_id', '=', tenantId)
    .where('r.pipeline_id', '=', pipelineId);
