import { asUser, type Database, type Member } from '@granary/db';
import { type ExportFormat, type ExportRequest, exportFormat, exportRequest } from '@granary/domain';

export interface WantedExport {
  readonly datasetId: string;
  readonly datasetName: string;
  readonly versionId: string;
  readonly version: number;
  readonly format: ExportFormat;
  readonly request: ExportRequest;
}

/** An export that is still to be made, read as the job's user: a forged or stale job finds none, and a lost share none either. */
export async function findExport(
  database: Database,
  identity: Member,
  datasetId: string,
  exportId: string,
): Promise<WantedExport | null> {
  const found = await asUser(database, identity, 'dataset:read', (db) =>
    db
      .selectFrom('dataset_exports as e')
      .innerJoin('dataset_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 'e.tenant_id').onRef('v.id', '=', 'e.version_id'),
      )
      .innerJoin('datasets as d', (join) =>
        join.onRef('d.tenant_id', '=', 'e.tenant_id').onRef('d.id', '=', 'e.dataset_id'),
      )
      .select(['e.version_id as versionId', 'v.number as version', 'd.name as datasetName', 'e.format', 'e.request'])
      .where('e.tenant_id', '=', identity.tenantId)
      .where('e.dataset_id', '=', datasetId)
      .where('e.id', '=', exportId)
      .where('e.state', 'in', ['queued', 'running'])
      .executeTakeFirst(),
  );
  if (!found) return null;
  return {
    ...found,
    datasetId,
    format: exportFormat.parse(found.format),
    request: exportRequest.parse(found.request),
  };
}
