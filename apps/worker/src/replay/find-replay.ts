import { asUser, type Database, type Member, type TenantDb } from '@granary/db';
import { type ColumnType, columnType, type ReplayRequest, readingOptions, replayRequest } from '@granary/domain';
import { sql } from 'kysely';
import { columnFacts, type DeliveredFile, versionFormat } from './record-table-of.ts';

export interface WantedReplay {
  readonly replayId: string;
  readonly datasetId: string;
  readonly file: DeliveredFile;
  /** The delivery whose rows they are. */
  readonly versionId: string;
  /** The rows' texts are sealed, and identifiers in them are replaced. */
  readonly isSealed: boolean;
}

/** A replay that is still to be carried out, read as the job's user: a forged or stale job finds none. */
export function findReplay(
  database: Database,
  identity: Member,
  datasetId: string,
  replayId: string,
): Promise<WantedReplay | null> {
  return asUser(database, identity, 'dataset:write', async (db) => {
    const found = await db
      .selectFrom('quarantine_replays as p')
      .innerJoin('dataset_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 'p.tenant_id').onRef('v.id', '=', 'p.version_id'),
      )
      .select(['p.request', 'v.id as versionId', 'v.format', 'v.options', 'v.sealed_file_id as sealedFileId'])
      .where('p.tenant_id', '=', identity.tenantId)
      .where('p.dataset_id', '=', datasetId)
      .where('p.id', '=', replayId)
      .where('p.created_by', '=', identity.userId)
      .where('p.state', 'in', ['queued', 'running'])
      .where(sql<boolean>`app.may_access_dataset(p.dataset_id, 'write')`)
      .executeTakeFirst();
    if (!found) return null;
    const request: ReplayRequest = replayRequest.parse(found.request);
    const file: DeliveredFile = {
      format: versionFormat.parse(found.format),
      options: { ...readingOptions.parse(found.options), ...request.options },
      columns: await readColumns(db, identity.tenantId, found.versionId),
      types: await readHeadTypes(db, identity.tenantId, datasetId),
    };
    return { replayId, datasetId, file, versionId: found.versionId, isSealed: found.sealedFileId !== null };
  });
}

async function readColumns(db: TenantDb, tenantId: string, versionId: string): Promise<DeliveredFile['columns']> {
  const columns = await db
    .selectFrom('dataset_columns')
    .select(['name', 'original_name as originalName', 'evidence'])
    .where('tenant_id', '=', tenantId)
    .where('version_id', '=', versionId)
    .orderBy('position')
    .execute();
  return columns.map(({ name, originalName, evidence }) => {
    const { spelling, pseudonym } = columnFacts.parse(evidence);
    return { name, originalName, spelling, pseudonym };
  });
}

/** Of the version that is current. Another one may be when the rows are there: finishing looks again. */
async function readHeadTypes(
  db: TenantDb,
  tenantId: string,
  datasetId: string,
): Promise<ReadonlyMap<string, ColumnType>> {
  const columns = await db
    .selectFrom('datasets as d')
    .innerJoin('dataset_columns as c', (join) =>
      join.onRef('c.tenant_id', '=', 'd.tenant_id').onRef('c.version_id', '=', 'd.current_version_id'),
    )
    .select(['c.name', 'c.type'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .execute();
  return new Map(columns.map(({ name, type }) => [name, columnType.parse(type)]));
}
