import type { Reader } from '@granary/db';
import { unwrapFileKeys } from './file-keys.ts';
import type { MasterKeys } from './master-keys.ts';
import { openCorrection, openRowText, sealedBy } from './sealed-text.ts';
import { keysOfDataset } from './wrapped-keys.ts';

interface QuarantinedText {
  readonly number: number;
  readonly raw: string;
  readonly byteOffset: number;
  readonly correction: string | null;
}

/**
 * Quarantined rows with their text and its correction, where they are sealed and the caller administers the dataset; with an
 * empty one for everybody else, and where the key was destroyed. Throws DomainError precondition where the master key is another one.
 */
export async function unsealRows<Row extends QuarantinedText>(
  reader: Reader,
  masterKeys: MasterKeys,
  {
    tenantId,
    datasetId,
    versionId,
    isSealed,
  }: {
    readonly tenantId: string;
    readonly datasetId: string;
    readonly versionId: string;
    /** The version's text is sealed: what a file says of itself, by looking as if, makes it no secret. */
    readonly isSealed: boolean;
  },
  rows: readonly Row[],
): Promise<(Row & { sealed: boolean })[]> {
  if (!isSealed) return rows.map((row) => ({ ...row, sealed: false }));
  const fileIds = new Set(rows.flatMap(({ raw }) => sealedBy(raw) ?? []));
  const wrapped = fileIds.size === 0 ? new Map<string, never>() : await keysOfDataset(reader, datasetId);
  const opened = new Map(
    [...fileIds].flatMap((fileId) => {
      const key = wrapped.get(fileId);
      return key?.keyWrapped ? [[fileId, unwrapFileKeys(masterKeys, tenantId, key)] as const] : [];
    }),
  );
  return rows.map((row) => {
    const keys = opened.get(sealedBy(row.raw) ?? '');
    const sealed = sealedBy(row.raw) !== null;
    if (!sealed) return { ...row, sealed };
    const hidden = { ...row, raw: '', correction: row.correction === null ? null : '', sealed };
    if (!keys) return hidden;
    const raw = openRowText(keys, row.raw, { versionId, byteOffset: row.byteOffset })?.text ?? null;
    const correction = row.correction && openCorrection(keys, row.correction, { versionId, number: row.number });
    if (raw === null || (row.correction !== null && correction === null))
      throw new Error(`the sealed text of a quarantined row of version ${versionId} does not open`);
    return { ...hidden, raw, correction };
  });
}
