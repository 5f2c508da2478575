import type { CallOptions } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { DatasetsRowsInput } from '../contract.gen.ts';
import { errorFrom, errorFromResponse } from '../error-from.ts';
import { GranaryError } from '../errors.ts';

export type ExportCsvInput = Omit<DatasetsRowsInput, 'limit' | 'cursor'>;

/** The rows as CSV, header first, as the API streams them. */
export function exportCsv(
  connection: Connection,
  { datasetId, ...selection }: ExportCsvInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(selection))
    if (value !== undefined) query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  return download(connection, `/v1/datasets/${encodeURIComponent(datasetId)}/rows.csv?${query}`, options);
}

/** The bytes of the file that the version was loaded from, exactly as they were sent. */
export function downloadOriginal(
  connection: Connection,
  { datasetId, version }: { datasetId: string; version?: number | undefined },
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const query = version === undefined ? '' : `?version=${version}`;
  return download(connection, `/v1/datasets/${encodeURIComponent(datasetId)}/original${query}`, options);
}

async function download(connection: Connection, path: string, { signal }: CallOptions) {
  try {
    const response = await connection.fetch(`${connection.url}${path}`, signal ? { signal } : {});
    if (!response.ok) throw await errorFromResponse(response);
    if (!response.body) throw new GranaryError('internal', 'the API answered without a body');
    return response.body;
  } catch (error) {
    throw errorFrom(error, signal);
  }
}
