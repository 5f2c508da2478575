import { z } from 'zod';
import type { TestApi } from './start-test-api.ts';

const created = z.object({ dataset: z.object({ id: z.string() }), versionId: z.string().nullable() });

/** A new dataset of the editor's, from a finished upload if one is given; nothing loads it. */
export async function createDataset(
  api: Pick<TestApi, 'fetch'>,
  name: string,
  uploadId?: string,
): Promise<{ datasetId: string; versionId: string }> {
  const response = await api.fetch('/v1/datasets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, uploadId }),
  });
  const { dataset, versionId } = created.parse(await response.json());
  return { datasetId: dataset.id, versionId: versionId ?? '' };
}

/** Shares it for reading with everybody in the organization; returns the share's path. */
export async function shareDataset(api: Pick<TestApi, 'fetch'>, datasetId: string): Promise<string> {
  const path = `/v1/datasets/${datasetId}/shares`;
  const response = await api.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return `${path}/${z.object({ id: z.string() }).parse(await response.json()).id}`;
}
