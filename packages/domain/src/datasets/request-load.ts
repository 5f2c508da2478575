import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { enqueue } from '../jobs/enqueue.ts';
import type { ReadingOptions } from './reading-options.ts';

/** A new version from the caller's finished upload, with its load queued in the same transaction. Returns its id. */
export async function requestLoad(
  db: TenantDb,
  tenantId: string,
  { datasetId, uploadId, options }: { datasetId: string; uploadId: string; options: ReadingOptions },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select app.create_version(${datasetId}::uuid, ${uploadId}::uuid, ${JSON.stringify(options)}::jsonb) as id`.execute(
    db,
  );
  const versionId = rows[0]!.id;
  await enqueue(db, tenantId, 'dataset.load', { datasetId, versionId });
  return versionId;
}
