import type { CallOptions } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { DatasetsQuarantineInput, DatasetsRowsInput } from '../contract.gen.ts';
import { errorFrom, errorFromResponse } from '../error-from.ts';
import { GranaryError } from '../errors.ts';

export interface ExportCsvInput extends Omit<DatasetsRowsInput, 'limit' | 'cursor'> {
  /** The names in the first line: as in the file, as filters call them, or no such line. Default: `original`. */
  readonly header?: 'original' | 'name' | 'none' | undefined;
  /** Put an apostrophe before text that a spreadsheet would run as a formula. Default: false. */
  readonly escapeFormulas?: boolean | undefined;
  /** Between cells. Default: a comma. */
  readonly delimiter?: ',' | ';' | '\t' | '|' | undefined;
  /** How a null is spelled. Default: as nothing, while an empty text is a pair of quotes. */
  readonly nulls?: string | undefined;
}

export interface ExportJsonLinesInput extends Omit<DatasetsRowsInput, 'limit' | 'cursor'> {}

export interface ExportQuarantineInput extends Omit<DatasetsQuarantineInput, 'limit' | 'cursor'> {
  /** Default: `csv`. */
  readonly format?: 'csv' | 'jsonl' | undefined;
  /** CSV: put an apostrophe before text that a spreadsheet would run as a formula. Default: false. */
  readonly escapeFormulas?: boolean | undefined;
  /** CSV: between cells. Default: a comma. */
  readonly delimiter?: ',' | ';' | '\t' | '|' | undefined;
}

export interface ExportFileInput {
  readonly datasetId: string;
  readonly exportId: string;
  /** Only the bytes from `start` to `end`, both inclusive; to the last one where `end` is absent. */
  readonly range?: { readonly start: number; readonly end?: number | undefined } | undefined;
}

export interface OriginalInput {
  readonly datasetId: string;
  /** A version by number; the current one otherwise. */
  readonly version?: number | undefined;
}

export function exportCsv(
  connection: Connection,
  input: ExportCsvInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  return downloadRows(connection, 'rows.csv', input, options);
}

export function exportJsonLines(
  connection: Connection,
  input: ExportJsonLinesInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  return downloadRows(connection, 'rows.jsonl', input, options);
}

export function exportQuarantine(
  connection: Connection,
  { format = 'csv', ...input }: ExportQuarantineInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  return downloadRows(connection, `quarantine.${format}`, input, options);
}

export function downloadExport(
  connection: Connection,
  { datasetId, exportId, range }: ExportFileInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const path = `${pathOf(datasetId)}/exports/${encodeURIComponent(exportId)}/file`;
  const headers = range && { range: `bytes=${range.start}-${range.end ?? ''}` };
  return download(connection, path, options, headers);
}

export interface FeedFileInput {
  /** As 2026-01-31. */
  readonly day: string;
  readonly fileName: 'snapshots.parquet' | 'snapshots.csv';
  readonly range?: ExportFileInput['range'];
}

export function downloadFeedFile(
  connection: Connection,
  { day, fileName, range }: FeedFileInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const path = `/v1/plugins/feed-days/${encodeURIComponent(day)}/${encodeURIComponent(fileName)}`;
  const headers = range && { range: `bytes=${range.start}-${range.end ?? ''}` };
  return download(connection, path, options, headers);
}

export interface CaptureInput {
  readonly sourceId: string;
  readonly captureId: string;
}

export function downloadCapture(
  connection: Connection,
  { sourceId, captureId }: CaptureInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const path = `/v1/sources/${encodeURIComponent(sourceId)}/captures/${encodeURIComponent(captureId)}/body`;
  return download(connection, path, options);
}

function downloadRows(
  connection: Connection,
  resource: string,
  { datasetId, ...rest }: { readonly datasetId: string },
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  return download(connection, `${pathOf(datasetId)}/${resource}?${addressed(rest)}`, options);
}

/** Input as an address says it. */
export function addressed(input: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input))
    if (value !== undefined) query.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  return query;
}

export function downloadOriginal(
  connection: Connection,
  { datasetId, version }: OriginalInput,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const of = version === undefined ? '' : `/versions/${version}`;
  return download(connection, `${pathOf(datasetId)}${of}/original`, options);
}

const pathOf = (datasetId: string): string => `/v1/datasets/${encodeURIComponent(datasetId)}`;

/** The body as it comes; when the API breaks off, so does the stream, with an error instead of its end. */
export async function download(
  connection: Connection,
  path: string,
  { signal }: CallOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadableStream<Uint8Array>> {
  try {
    const response = await connection.fetch(`${connection.url}${path}`, { headers, ...(signal && { signal }) });
    if (!response.ok) throw await errorFromResponse(response);
    if (!response.body) throw new GranaryError('internal', 'the API answered without a body');
    return response.body;
  } catch (error) {
    throw errorFrom(error, signal);
  }
}
