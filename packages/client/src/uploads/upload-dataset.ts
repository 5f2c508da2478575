import type { Calls } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { Dataset, DatasetsCreateInput, DatasetsLoadInput } from '../contract.gen.ts';
import { errorFrom } from '../error-from.ts';
import { GranaryError } from '../errors.ts';
import { openSource, type UploadSource } from './byte-source.ts';
import { type SendOptions, sendFile } from './send-file.ts';

export interface UploadOptions extends SendOptions {
  /** What the file is called. Default: its own name, if it has one. */
  readonly fileName?: string | undefined;
  /** How the file is to be read where detection should not decide. */
  readonly options?: DatasetsCreateInput['options'];
}

export interface UploadNewOptions extends UploadOptions {
  /** Of the new dataset. Default: the file's name without its ending. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly origin?: string | undefined;
  /**
   * Columns that identify people, as the header names them. The dataset is created before the file is sent; the API encrypts
   * the file from its first byte, and loads pseudonyms in place of what stands in these columns.
   */
  readonly identifiers?: readonly string[] | undefined;
  readonly datasetId?: undefined;
  readonly mode?: undefined;
  readonly keyColumns?: undefined;
  readonly newColumns?: undefined;
}

export interface UploadVersionOptions extends UploadOptions {
  /** The dataset whose next version the file becomes, or whose rows it adds to or changes. */
  readonly datasetId: string;
  /** `append` adds the rows to those that are there, `upsert` also changes those with the same key. Default: `replace`. */
  readonly mode?: DatasetsLoadInput['mode'];
  /** For `upsert`: the columns whose values tell rows apart. */
  readonly keyColumns?: readonly string[] | undefined;
  /** For both: what becomes of columns that the dataset does not have. Default: the file is refused. */
  readonly newColumns?: DatasetsLoadInput['newColumns'];
}

export interface Uploaded {
  readonly dataset: Dataset;
  /** The version that is being loaded. */
  readonly versionId: string;
}

/** Sends the file, then creates a dataset of it, or loads it as the next version of one or into the rows of one. */
export async function uploadDataset(
  connection: Connection,
  calls: Calls,
  file: UploadSource,
  options: UploadNewOptions | UploadVersionOptions,
): Promise<Uploaded> {
  const source = await openSource(file);
  const fileName = options.fileName ?? source.name ?? 'upload';
  const upload = async (datasetId?: string) => sendFile(connection, source, { fileName, datasetId }, options);
  if (options.datasetId === undefined && options.identifiers?.length)
    return uploadPeople(calls, { ...options, name: options.name ?? withoutEnding(fileName) }, upload).finally(() =>
      source.close(),
    );
  const uploadId = await upload(options.datasetId).finally(() => source.close());
  try {
    return options.datasetId === undefined
      ? await createFrom(calls, uploadId, { ...options, name: options.name ?? withoutEnding(fileName) })
      : await loadInto(calls, uploadId, options);
  } catch (error) {
    // so that the bytes need not be sent again: datasets.create or datasets.load with this id
    const { kind, message, details, requestId, status, cause } = errorFrom(error, options.signal);
    throw new GranaryError(kind, message, { details: { ...details, uploadId }, requestId, status, cause });
  }
}

/** The dataset comes first: only then is it known what the file must be encrypted for. It stays if sending fails. */
async function uploadPeople(
  calls: Calls,
  { name, description, origin, identifiers = [], options, signal }: UploadNewOptions & { name: string },
  upload: (datasetId: string) => Promise<string>,
): Promise<Uploaded> {
  const input = { name, description, origin, identifiers: [...identifiers] };
  const { dataset } = await calls.datasets.create(input, { signal });
  const datasetId = dataset.id;
  return loadInto(calls, await upload(datasetId), { datasetId, options, signal });
}

async function createFrom(
  { datasets }: Calls,
  uploadId: string,
  { name, description, origin, options, signal }: UploadNewOptions & { name: string },
): Promise<Uploaded> {
  const { dataset, versionId } = await datasets.create({ name, description, origin, uploadId, options }, { signal });
  if (versionId === null) throw new GranaryError('internal', 'the API created the dataset without the upload');
  return { dataset, versionId };
}

async function loadInto(
  { datasets }: Calls,
  uploadId: string,
  { datasetId, mode, keyColumns, newColumns, options, signal }: UploadVersionOptions,
): Promise<Uploaded> {
  const delivery = { mode, keyColumns: keyColumns && [...keyColumns], newColumns };
  const { versionId } = await datasets.load({ datasetId, uploadId, options, ...delivery }, { signal });
  return { dataset: await datasets.get({ datasetId }, { signal }), versionId };
}

const withoutEnding = (fileName: string): string =>
  fileName.replace(/(\.(csv|tsv|tab|txt|json|jsonl|ndjson|parquet))?(\.(gz|zst))?$/i, '') || fileName;
