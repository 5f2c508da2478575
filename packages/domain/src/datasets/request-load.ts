import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { enqueue } from '../jobs/enqueue.ts';
import type { ReadingOptions } from './reading-options.ts';
import { type DeliveryMode, type NewColumns, requireKeys } from './schema.ts';

/** What becomes of the rows. Default: they are the next version. */
export interface Delivery {
  readonly mode?: DeliveryMode | undefined;
  readonly keyColumns?: readonly string[] | undefined;
  readonly newColumns?: NewColumns | undefined;
}

/** A new version from the caller's finished upload, with its load queued in the same transaction. Returns its id. */
export async function requestLoad(
  db: TenantDb,
  tenantId: string,
  {
    datasetId,
    uploadId,
    options,
    ...delivery
  }: { datasetId: string; uploadId: string; options: ReadingOptions } & Delivery,
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select app.create_version(${datasetId}::uuid, ${uploadId}::uuid, ${JSON.stringify(options)}::jsonb) as id`.execute(
    db,
  );
  const versionId = rows[0]!.id;
  await queueLoad(db, tenantId, { datasetId, versionId, ...delivery });
  return versionId;
}

/** Says what is to become of a version that was just made, and queues its load. */
export async function queueLoad(
  db: TenantDb,
  tenantId: string,
  {
    datasetId,
    versionId,
    mode = 'replace',
    keyColumns = [],
    newColumns = 'refuse',
  }: { datasetId: string; versionId: string } & Delivery,
): Promise<void> {
  requireKeys(mode, keyColumns);
  await sql`select app.set_delivery_mode(${versionId}::uuid, ${mode}, ${keyColumns}::text[], ${newColumns})`.execute(
    db,
  );
  await enqueue(db, tenantId, 'dataset.load', { datasetId, versionId });
}
