import { type GranaryClient, isGranaryError } from '@granary/client';
import type { LoadedSample } from './load-sample.ts';

export interface Attempted {
  readonly sample: LoadedSample;
  /** A finished upload of the owner's that was not loaded yet. */
  readonly uploadId: string;
  readonly colleagueId: string;
  readonly shareId: string | undefined;
}

/** Resolves to how many rows or other things the call gave or did; a refusal rejects. */
export type DatasetCall = (client: GranaryClient, target: Attempted, signal: AbortSignal) => Promise<number>;

const tinyFile = new TextEncoder().encode('a,b\n1,2\n');

/** Every call of the typed client that reads of a dataset. The owner makes them as well, to prove that they can succeed. */
export const readingCalls: Readonly<Record<string, DatasetCall>> = {
  get: async ({ datasets }, { sample: { datasetId } }, signal) => {
    await datasets.get({ datasetId }, { signal });
    return 1;
  },
  columns: async ({ datasets }, { sample: { datasetId } }, signal) =>
    (await datasets.columns({ datasetId }, { signal })).columns.length,
  rows: async ({ datasets }, { sample: { datasetId } }, signal) =>
    (await datasets.rows({ datasetId, limit: 1000 }, { signal })).rows.length,
  'rows, filtered': async ({ datasets }, { sample: { datasetId, columns } }, signal) => {
    const [column] = columns;
    if (!column) return 0;
    const filter = { column: column.name, op: 'isNotNull' } as const;
    const order = [{ column: column.name, direction: 'desc' }] as const;
    return (await datasets.rows({ datasetId, version: 1, filter, order }, { signal })).rows.length;
  },
  'each row': async ({ datasets }, { sample: { datasetId } }, signal) => {
    for await (const _ of datasets.eachRow({ datasetId }, { signal, as: 'array', pageSize: 10 })) return 1;
    return 0;
  },
  quarantine: async ({ datasets }, { sample: { datasetId } }, signal) =>
    (await datasets.quarantine({ datasetId }, { signal })).items.length,
  versions: async ({ datasets }, { sample: { datasetId } }, signal) =>
    (await datasets.versions({ datasetId }, { signal })).items.length,
  'load status': async ({ datasets }, { sample: { datasetId, versionId } }, signal) => {
    await datasets.loadStatus({ datasetId, versionId }, { signal });
    return 1;
  },
  'load, streamed': async ({ datasets }, { sample: { datasetId, versionId } }, signal) => {
    for await (const _ of datasets.watchLoad({ datasetId, versionId }, { signal })) return 1;
    return 0;
  },
  shares: async ({ datasets }, { sample: { datasetId } }, signal) =>
    (await datasets.shares({ datasetId }, { signal })).length,
  'export as CSV': async ({ datasets }, { sample: { datasetId } }, signal) =>
    hasBytes(await datasets.exportCsv({ datasetId }, { signal })),
  'download the original': async ({ datasets }, { sample: { datasetId } }, signal) =>
    hasBytes(await datasets.downloadOriginal({ datasetId }, { signal })),
};

/** Every call that would change a dataset, or take from it. */
export const writingCalls: Readonly<Record<string, DatasetCall>> = {
  describe: async ({ datasets }, { sample: { datasetId } }, signal) => {
    await datasets.describe({ datasetId, description: 'changed by an intruder' }, { signal });
    return 1;
  },
  share: async ({ datasets }, { sample: { datasetId }, colleagueId }, signal) => {
    await datasets.share({ datasetId, userId: colleagueId, access: 'admin' }, { signal });
    return 1;
  },
  'share with all': async ({ datasets }, { sample: { datasetId } }, signal) => {
    await datasets.share({ datasetId }, { signal });
    return 1;
  },
  unshare: async ({ datasets }, { sample: { datasetId }, shareId }, signal) => {
    await datasets.unshare({ datasetId, shareId: shareId ?? datasetId }, { signal });
    return 1;
  },
  'load a file of one’s own': async ({ datasets }, { sample: { datasetId } }, signal) => {
    await datasets.upload(tinyFile, { datasetId, fileName: 'intruder.csv', signal });
    return 1;
  },
  'load the owner’s upload': async ({ datasets }, { sample: { datasetId }, uploadId }, signal) => {
    await datasets.load({ datasetId, uploadId }, { signal });
    return 1;
  },
  'create of the owner’s upload': async ({ datasets }, { uploadId }, signal) => {
    await datasets.create({ name: `taken: ${uploadId}`, uploadId }, { signal });
    return 1;
  },
  'see the owner’s upload': async ({ uploads }, { uploadId }, signal) => {
    await uploads.get({ uploadId }, { signal });
    return 1;
  },
  'abort the owner’s upload': async ({ uploads }, { uploadId }, signal) => {
    await uploads.abort({ uploadId }, { signal });
    return 1;
  },
  delete: async ({ datasets }, { sample: { datasetId } }, signal) => {
    await datasets.delete({ datasetId }, { signal });
    return 1;
  },
};

/** Sends a file as the owner and leaves it unloaded; its id. */
export async function leaveUpload({ datasets }: GranaryClient, signal: AbortSignal): Promise<string> {
  const nameless = { name: ' ', fileName: 'left.csv', signal }; // refused once the bytes have arrived
  const error: unknown = await datasets.upload(tinyFile, nameless).catch((reason: unknown) => reason);
  const uploadId = isGranaryError(error, 'invalid') ? error.details.uploadId : undefined;
  if (typeof uploadId !== 'string') throw error;
  return uploadId;
}

async function hasBytes(stream: ReadableStream<Uint8Array>): Promise<number> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value && value.length > 0 ? 1 : 0;
}
