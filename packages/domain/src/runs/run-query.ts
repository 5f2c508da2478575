import { query } from '@granary/db';
import { sql } from 'kysely';

/** Runs of an organization; which ones the caller sees is the policy's to say. */
export const selectRuns = (tenantId: string) =>
  query
    .selectFrom('pipeline_runs as r')
    .innerJoin('pipeline_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'r.tenant_id').onRef('v.id', '=', 'r.version_id'),
    )
    .select([
      'r.id',
      'r.pipeline_id as pipelineId',
      'v.number as version',
      'r.state',
      'r.trigger',
      'r.launch_key as launchKey',
      'r.parameters',
      'r.requested_by as requestedBy',
      'r.resumes',
      'r.error',
      'r.created_at as createdAt',
      'r.started_at as startedAt',
      'r.finished_at as finishedAt',
    ])
    .where('r.tenant_id', '=', tenantId);

export const selectRun = (tenantId: string, runId: string) => selectRuns(tenantId).where('r.id', '=', runId);

const inputsOf = sql<object>`(select coalesce(jsonb_agg(jsonb_build_object('port', i -> 'port', 'datasetId', i -> 'datasetId',
  'versionId', i -> 'versionId') order by i ->> 'port'), '[]') from jsonb_array_elements(s.inputs) i)`;

export const selectRunSteps = (tenantId: string, runId: string) =>
  query
    .selectFrom('run_steps as s')
    .innerJoin('edge_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 's.tenant_id').onRef('v.id', '=', 's.edge_version_id'),
    )
    .innerJoin('pipeline_runs as r', (join) =>
      join.onRef('r.tenant_id', '=', 's.tenant_id').onRef('r.id', '=', 's.run_id'),
    )
    .innerJoin('pipeline_steps as p', (join) =>
      join
        .onRef('p.tenant_id', '=', 'r.tenant_id')
        .onRef('p.version_id', '=', 'r.version_id')
        .onRef('p.name', '=', 's.name'),
    )
    .select([
      's.name',
      's.state',
      's.depends_on as dependsOn',
      's.edge_id as edgeId',
      'v.number as edgeVersion',
      's.attempt',
      inputsOf.as('inputs'),
      's.target_dataset_id as datasetId',
      's.output_version_id as versionId',
      's.output_rows as rows',
      'p.target_block_id as blockId',
      // the first of them: somebody may have said more of the same rows since
      sql<
        number | null
      >`(select min(b.number) from block_versions b where b.tenant_id = s.tenant_id and b.block_id = p.target_block_id
        and b.dataset_id = s.target_dataset_id and b.dataset_version_id = s.output_version_id)`.as('blockVersion'),
      's.error',
      's.queued_at as queuedAt',
      's.started_at as startedAt',
      's.ended_at as endedAt',
    ])
    .where('s.tenant_id', '=', tenantId)
    .where('s.run_id', '=', runId)
    .orderBy('s.position');

/** Lines of a run after one, in the order in which they were written: the writer holds the run, so none comes before one that was seen. */
export const selectRunLogs = (tenantId: string, runId: string, after: number) =>
  query
    .selectFrom('run_logs as l')
    .select(['l.step', 'l.number', 'l.at', 'l.level', 'l.message'])
    .where('l.tenant_id', '=', tenantId)
    .where('l.run_id', '=', runId)
    .where('l.number', '>', after)
    .orderBy('l.number');
