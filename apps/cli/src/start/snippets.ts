import path from 'node:path';
import { repository } from '../env.ts';

export interface SnippetTarget {
  readonly url: string;
  readonly apiKey: string;
  readonly datasetId: string;
}

/** A request that a shell takes as it is: the first rows of the dataset. */
export function curlSnippet({ url, apiKey, datasetId }: SnippetTarget): string {
  return `curl -sS '${url}/v1/datasets/${datasetId}/rows?limit=3' -H 'authorization: Bearer ${apiKey}'`;
}

/** A program for `folder` that asks for rows with the typed client, which it finds in this checkout. */
export function typescriptSnippet({ url, apiKey, datasetId }: SnippetTarget, folder: string): string {
  const client = path.relative(folder, path.join(repository, 'packages/client/src/index.ts'));
  return `import { createGranaryClient } from '${client.startsWith('..') ? client : `./${client}`}';

const client = createGranaryClient({ url: '${url}', auth: { apiKey: '${apiKey}' } });
const { columns, rows } = await client.datasets.rows({
  datasetId: '${datasetId}',
  filter: { column: 'zip_code', op: 'startsWith', value: '00' },
  order: [{ column: 'zip_code' }],
  limit: 5,
});
console.table(rows.map((row) => Object.fromEntries(row.map((cell, index) => [columns[index]?.name, cell]))));
`;
}
