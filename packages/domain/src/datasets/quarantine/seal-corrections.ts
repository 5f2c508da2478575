import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { unwrapFileKeys } from '../../encryption/file-keys.ts';
import type { MasterKeys } from '../../encryption/master-keys.ts';
import { openCorrection, openRowText, sealCorrection, sealedBy } from '../../encryption/sealed-text.ts';
import { keyOfSealedFile } from '../../encryption/wrapped-keys.ts';
import { DomainError } from '../../errors/domain-error.ts';

interface Correction {
  readonly number: number;
  readonly revision?: number | undefined;
  readonly text: string | null;
}

interface SealedRow {
  readonly versionId: string;
  readonly number: number;
  readonly byteOffset: number;
  readonly raw: string;
  readonly correction: string | null;
}

/**
 * Corrections as they may stand in a table: of a dataset with direct identifiers they are sealed before anything of them
 * leaves this process, and those of any other dataset stay as they are. What is so already comes out as it is there, so that
 * it does not count as a decision. Locks the dataset's row. Throws DomainError, or SQLSTATE GR4xx.
 */
export async function sealCorrections(
  { db, masterKeys, tenantId }: { readonly db: TenantDb; readonly masterKeys: MasterKeys; readonly tenantId: string },
  {
    datasetId,
    version,
    corrections,
  }: { readonly datasetId: string; readonly version: number; readonly corrections: readonly Correction[] },
): Promise<readonly Correction[]> {
  const named = corrections.map(({ number, revision }) => ({ number, revision }));
  const { rows } = await sql<SealedRow>`
    select version_id as "versionId", number::float8 as number, byte_offset::float8 as "byteOffset", raw, correction
    from app.sealed_rows_to_correct(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(named)}::jsonb)`.execute(
    db,
  );
  const fileId = rows[0] && sealedBy(rows[0].raw);
  if (!fileId) return corrections;
  const wrapped = await keyOfSealedFile(db, datasetId, fileId);
  if (!wrapped) throw new DomainError('precondition', 'the file of this version is not sealed any more');
  const keys = unwrapFileKeys(masterKeys, tenantId, wrapped);
  const known = new Map(rows.map((row) => [row.number, row]));
  return corrections.map((correction) => {
    const row = known.get(correction.number);
    if (!row) throw new Error('a row that is to be corrected was not found');
    const { text } = correction;
    const own = openRowText(keys, row.raw, row);
    if (!own) throw new Error(`the sealed text of a quarantined row of version ${row.versionId} does not open`);
    if (text === null || text === own.text) return { ...correction, text: null };
    const isThere = row.correction !== null && openCorrection(keys, row.correction, row) === text;
    return { ...correction, text: isThere ? row.correction : sealCorrection(keys, text, row) };
  });
}
