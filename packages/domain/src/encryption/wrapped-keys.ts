import { query, type Reader, type TenantDb } from '@granary/db';
import { sql } from 'kysely';
import type { WrappedFileKey } from './file-keys.ts';

interface WrappedRow {
  readonly file_id: string;
  readonly file_wrapped: Buffer;
  readonly key_id: string;
  readonly key_wrapped: Buffer | null;
}

const toKey = (row: WrappedRow): WrappedFileKey => ({
  fileId: row.file_id,
  fileWrapped: row.file_wrapped,
  keyId: row.key_id,
  keyWrapped: row.key_wrapped,
});

/** Of the caller's own open upload; null where its bytes are not encrypted. */
export async function keyOfUpload(reader: Reader, uploadId: string): Promise<WrappedFileKey | null> {
  const [row] = await reader.rows(
    query.selectFrom(sql<WrappedRow>`app.keys_of_upload(${uploadId}::uuid)`.as('k')).selectAll(),
  );
  return row ? toKey(row) : null;
}

/** Of the files of a dataset, by their ids; none for whoever does not administer it. */
export async function keysOfDataset(reader: Reader, datasetId: string): Promise<ReadonlyMap<string, WrappedFileKey>> {
  const rows = await reader.rows(
    query.selectFrom(sql<WrappedRow>`app.keys_of_sealed_files(${datasetId}::uuid)`.as('k')).selectAll(),
  );
  return new Map(rows.map((row) => [row.file_id, toKey(row)]));
}

/** The same in a transaction that changes something, for one of the files. */
export async function keyOfSealedFile(db: TenantDb, datasetId: string, fileId: string): Promise<WrappedFileKey | null> {
  const { rows } = await sql<WrappedRow>`
    select * from app.keys_of_sealed_files(${datasetId}::uuid) where file_id = ${fileId}::uuid`.execute(db);
  return rows[0] ? toKey(rows[0]) : null;
}
