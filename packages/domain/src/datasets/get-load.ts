import { query, type Reader } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type Load, load } from './schema.ts';

export const getLoad = defineQuery({
  name: 'datasets.loadStatus',
  summary: 'How far the load of a version is, or how it ended',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/loads/{versionId}' },
  input: z.object({ datasetId: z.uuid(), versionId: z.uuid() }),
  output: load,
  run: ({ reader, identity }, { datasetId, versionId }) => readLoad(reader, identity.tenantId, datasetId, versionId),
});

async function readLoad(reader: Reader, tenantId: string, datasetId: string, versionId: string): Promise<Load> {
  const [row] = await reader.rows(
    query
      .selectFrom('dataset_loads as l')
      .innerJoin('dataset_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 'l.tenant_id').onRef('v.id', '=', 'l.version_id'),
      )
      .select([
        'l.state',
        'l.phase',
        'l.bytes_done as bytesDone',
        'l.bytes_total as bytesTotal',
        'l.rows_done as rowsDone',
        'l.input_rows as inputRows',
        'l.loaded_rows as loadedRows',
        'l.quarantined_rows as quarantinedRows',
        'l.notes',
        'l.error',
        'l.started_at as startedAt',
        'l.finished_at as finishedAt',
        'l.updated_at as updatedAt',
        'v.number as version',
      ])
      .where('l.tenant_id', '=', tenantId)
      .where('l.dataset_id', '=', datasetId)
      .where('l.version_id', '=', versionId),
  );
  if (!row) throw new DomainError('not_found', 'no such load');
  const { updatedAt, ...rest } = row;
  const seconds = row.startedAt ? (Date.parse(updatedAt) - Date.parse(row.startedAt)) / 1000 : 0;
  const rowsPerSecond = seconds > 0 && row.rowsDone > 0 ? Math.round(row.rowsDone / seconds) : null;
  return load.parse({ ...rest, datasetId, versionId, rowsPerSecond });
}
