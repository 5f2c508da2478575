import type { Calls } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { SourceRun, SourcesImportInput } from '../contract.gen.ts';
import { openSource, type UploadSource } from './byte-source.ts';
import { type SendOptions, sendFile } from './send-file.ts';

export interface ImportFileOptions extends SendOptions, Omit<SourcesImportInput, 'uploadId'> {
  /** What the file is called: a date at its beginning is when the page was saved. Default: its own name, if it has one. */
  readonly fileName?: string | undefined;
}

/** Sends a saved page, or a zip of them, and asks for it to be read into a source. Returns the run that does so. */
export async function importFile(
  connection: Connection,
  calls: Calls,
  file: UploadSource,
  { fileName, signal, onProgress, ...input }: ImportFileOptions,
): Promise<SourceRun> {
  const source = await openSource(file);
  const name = fileName ?? source.name ?? 'page';
  const uploadId = await sendFile(
    connection,
    source,
    { fileName: name, datasetId: undefined },
    { signal, onProgress },
  ).finally(() => source.close());
  return calls.sources.import({ ...input, uploadId }, { signal });
}
