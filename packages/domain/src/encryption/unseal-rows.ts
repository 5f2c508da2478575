import type { Reader } from '@granary/db';
import { unwrapFileKeys } from './file-keys.ts';
import type { MasterKeys } from './master-keys.ts';
import { openRowText, sealedBy } from './sealed-text.ts';
import { keysOfDataset } from './wrapped-keys.ts';

interface QuarantinedText {
  readonly raw: string;
  readonly byteOffset: number;
}

/**
 * Quarantined rows with their text, where it is sealed and the caller administers the dataset; with an empty one for
 * everybody else, and where the key was destroyed. Throws DomainError precondition where the master key is another one.
 */
export async function unsealRows<Row extends QuarantinedText>(
  reader: Reader,
  masterKeys: MasterKeys,
  {
    tenantId,
    datasetId,
    versionId,
  }: { readonly tenantId: string; readonly datasetId: string; readonly versionId: string },
  rows: readonly Row[],
): Promise<(Row & { sealed: boolean })[]> {
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
    const text = keys ? openRowText(keys, row.raw, { versionId, byteOffset: row.byteOffset }) : '';
    if (text === null) throw new Error(`the sealed text of a quarantined row of version ${versionId} does not open`);
    return { ...row, raw: text, sealed };
  });
}
