import { MasterKeys, type ReadingOptions } from '@granary/domain';
import { openLoadKeys } from '../pseudonyms/load-keys.ts';
import { openPseudonymised } from '../pseudonyms/open-pseudonymised.ts';
import type { FileReader } from '../reading/reader.ts';
import type { Delivery } from './delivery.ts';
import type { LoadDependencies, LoadStep } from './load-dataset.ts';
import type { LoadProgress } from './load-progress.ts';
import { type AdjustTypes, openAdjusted } from './open-adjusted.ts';

export interface LoadSource {
  readonly sha256: string;
  readonly fileName: string;
  readonly bytes: number;
  /** Columns whose values are replaced; then the original is sealed. */
  readonly identifiers: readonly string[];
  readonly options: ReadingOptions;
}

interface OriginalContext {
  readonly tenantId: string;
  readonly versionId: string;
  readonly workDirectory: string;
  /** Rows are to be found in the file again. */
  readonly keepText: boolean;
  readonly signal: AbortSignal;
  readonly progress: LoadProgress;
  readonly adjustTypes: AdjustTypes;
  step(name: LoadStep, bytes?: number): Promise<void>;
}

/** A reader of what a version is loaded from: of the file as it is, or of a sealed one with its identifiers replaced. */
export async function openOriginal(
  { database, store, masterKeys = MasterKeys.none, maxColumns }: LoadDependencies,
  { sha256, fileName, bytes: totalBytes, identifiers, options, columns }: Delivery,
  { tenantId, versionId, workDirectory, keepText, signal, progress, adjustTypes, step }: OriginalContext,
): Promise<FileReader> {
  const shared = {
    fileName,
    workDirectory,
    maxColumns,
    signal,
    onProgress: ({ phase, bytes, totalBytes: total }: { phase: string; bytes: number; totalBytes: number }) =>
      progress.report({ phase, bytesDone: bytes, bytesTotal: total }),
  };
  const key = { tenantId, sha256 };
  if (identifiers.length > 0) {
    const keys = await openLoadKeys({ database, masterKeys }, { tenantId, versionId });
    let streamed = 0;
    return openPseudonymised({
      ...shared,
      store,
      original: key,
      versionId,
      identifiers,
      headColumns: columns,
      options,
      keys,
      keepText,
      adjustTypes,
      onStreamed: (bytes) => {
        streamed = bytes;
        progress.report({ phase: 'pseudonymising', bytesDone: bytes, bytesTotal: totalBytes });
      },
      onRows: () => step('pseudonymising', streamed),
    });
  }
  const { keepOriginal, ...overrides } = options;
  const original = await store.asFile(key);
  try {
    const request = { ...shared, path: original.path, overrides, keepText };
    const reader = await openAdjusted(request, adjustTypes);
    const close = async () => {
      await reader.close();
      await original.release();
    };
    if (keepOriginal !== false) return { ...reader, close };
    const locate: FileReader['locate'] = async (rows) =>
      (await reader.locate(rows)).map((row) => ({ ...row, raw: '' }));
    return { ...reader, close, locate, quarantine: () => withoutText(reader) };
  } catch (error) {
    await original.release();
    throw error;
  }
}

/** No original is to be kept, nor parts of it. */
async function* withoutText(reader: FileReader) {
  for await (const row of reader.quarantine()) yield { ...row, raw: '' };
}
