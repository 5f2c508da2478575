import { type AuditMethods, auditMethods } from './audit/audit-methods.ts';
import { type CallOptions, type Calls, makeCalls } from './calls.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type {
  CellValue,
  DatasetsExportStatusInput,
  DatasetsLoadStatusInput,
  DatasetsReplayStatusInput,
  ExportWithManifest,
  Load,
  Replay,
  SourceRun,
} from './contract.gen.ts';
import {
  type CaptureInput,
  downloadCapture,
  downloadExport,
  downloadFeedFile,
  downloadOriginal,
  type ExportCsvInput,
  type ExportFileInput,
  type ExportJsonLinesInput,
  type ExportQuarantineInput,
  exportCsv,
  exportJsonLines,
  exportQuarantine,
  type FeedFileInput,
  type OriginalInput,
} from './datasets/download.ts';
import {
  type EachRowInput,
  type EachRowOptions,
  eachRowArray,
  eachRowObject,
  type RowObject,
} from './datasets/each-row.ts';
import { waitForExport } from './datasets/wait-for-export.ts';
import { waitForReplay } from './datasets/wait-for-replay.ts';
import { type LoadedOptions, waitForLoad, watchLoad } from './datasets/watch-load.ts';
import { type NotificationMethods, notificationMethods } from './notifications/notification-methods.ts';
import { type RunMethods, runMethods } from './runs/run-methods.ts';
import { createTransport } from './transport.ts';
import type { UploadSource } from './uploads/byte-source.ts';
import { type ImportFileOptions, importFile } from './uploads/import-file.ts';
import {
  type Uploaded,
  type UploadNewOptions,
  type UploadVersionOptions,
  uploadDataset,
} from './uploads/upload-dataset.ts';

interface AsObjects {
  readonly as?: 'object' | undefined;
}
interface AsArrays {
  readonly as: 'array';
}

export interface SourceMethods {
  /**
   * Sends a saved page, or a zip of them, and has it read into a source: `sources.runStatus` tells how far that is.
   *
   * @example
   * const run = await client.sources.importFile(fileInput.files[0], { sourceId, origin: 'archive' });
   */
  importFile(file: UploadSource, options: ImportFileOptions): Promise<SourceRun>;

  /** A page as it was captured (`sources.captures` lists them). Strangers wrote it: not to be shown as a page of yours. */
  downloadCapture(input: CaptureInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
}

/** What is more than one request. All of it rejects with GranaryError only. */
export interface DatasetMethods {
  /**
   * Sends a file, in pieces that survive a broken connection, and creates a dataset of it, or with `datasetId` loads it
   * as the dataset's next version. With `mode: 'append'`, or `'upsert'` and `keyColumns`, its rows go into those that are
   * there. Resolves as soon as the load is queued: `loaded` waits for its end.
   *
   * An error after the file was sent has `details.uploadId`, for `datasets.create` or `datasets.load`.
   *
   * @example
   * const { dataset, versionId } = await client.datasets.upload(fileInput.files[0], {
   *   origin: 'County health office, 2026',
   *   onProgress: ({ bytesSent, bytesTotal }) => { bar.value = bytesSent / bytesTotal; },
   *   signal: cancelled.signal,
   * });
   */
  upload(file: UploadSource, options?: UploadNewOptions | UploadVersionOptions): Promise<Uploaded>;

  /**
   * Waits until a version is loaded. Throws what the load failed of, with the load as `details.load`.
   *
   * @example
   * const { loadedRows, quarantinedRows } = await client.datasets.loaded({ datasetId: dataset.id, versionId });
   */
  loaded(input: DatasetsLoadStatusInput, options?: LoadedOptions): Promise<Load>;

  /**
   * Every row of a version, as objects or, with `as: 'array'`, in the order of the columns. Reads one version
   * throughout, also when another is published meanwhile.
   *
   * @example
   * for await (const row of client.datasets.eachRow({ datasetId, filter: { column: 'age', op: 'gte', value: 18 } })) {
   *   console.log(row.name);
   * }
   */
  eachRow(input: EachRowInput, options?: EachRowOptions & AsObjects): AsyncIterable<RowObject>;
  eachRow(input: EachRowInput, options: EachRowOptions & AsArrays): AsyncIterable<CellValue[]>;

  /**
   * The rows as CSV, streamed. A stream that breaks off errors: it never ends early in silence.
   *
   * @example
   * const csv = await client.datasets.exportCsv({ datasetId, columns: ['id', 'name'] });
   * await pipeline(csv, createWriteStream('people.csv')); // in Node
   */
  exportCsv(input: ExportCsvInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  /** The rows as JSON Lines, streamed: every digit is kept, so parse numbers with care. */
  exportJsonLines(input: ExportJsonLinesInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  /**
   * Waits until an export that was begun with `startExport` is a file. Throws what it failed of.
   *
   * @example
   * const { id: exportId } = await client.datasets.startExport({ datasetId, format: 'parquet' });
   * const { manifest } = await client.datasets.exported({ datasetId, exportId });
   * const file = await client.datasets.downloadExport({ datasetId, exportId });
   */
  exported(input: DatasetsExportStatusInput, options?: CallOptions): Promise<ExportWithManifest>;

  /**
   * The rows of a file that did not fit, streamed as CSV or JSON Lines, with what a correction of them names.
   *
   * @example
   * const csv = await client.datasets.exportQuarantine({ datasetId, reason: 'fields where' });
   */
  exportQuarantine(input: ExportQuarantineInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  /**
   * Waits until a replay of quarantined rows is done. Throws what it failed of.
   *
   * @example
   * const { id: replayId } = await client.datasets.replayQuarantine({ datasetId, version });
   * const { replayed, refused } = await client.datasets.replayedQuarantine({ datasetId, replayId });
   */
  replayedQuarantine(input: DatasetsReplayStatusInput, options?: CallOptions): Promise<Replay>;

  /** The file of an export, or a part of it. Its SHA-256 stands in the manifest. */
  downloadExport(input: ExportFileInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  /** The file that a version (the current one by default) was loaded from, byte for byte. */
  downloadOriginal(input: OriginalInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
}

/** What goes on files of the feed. */
export interface PluginMethods {
  /** A file of a day of the feed, or a part of it. Its SHA-256 stands in the day's manifest (feedDays). */
  downloadFeedFile(input: FeedFileInput, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
}

/** Every operation of the API as a typed function, and what builds on several of them. */
export interface GranaryClient extends Calls {
  readonly audit: Calls['audit'] & AuditMethods;
  readonly datasets: Calls['datasets'] & DatasetMethods;
  readonly notifications: Calls['notifications'] & NotificationMethods;
  readonly plugins: Calls['plugins'] & PluginMethods;
  readonly runs: Calls['runs'] & RunMethods;
  readonly sources: Calls['sources'] & SourceMethods;
}

/**
 * A client of the API at a URL. Makes no request by itself. Calls made in the same tick travel together.
 *
 * @example
 * const client = createGranaryClient({ url: 'https://granary.example.org', auth: { apiKey: process.env.GRANARY_API_KEY ?? '' } });
 * const { items } = await client.datasets.list({ limit: 10 });
 */
export function createGranaryClient(options: ConnectionOptions): GranaryClient {
  const connection = connect(options);
  const calls = makeCalls({
    perform: createTransport(connection),
    subscriptions: { 'datasets.watchLoad': (input, callOptions) => watchLoad(connection, input, callOptions) },
  });
  const { rows } = calls.datasets;
  function eachRow(input: EachRowInput, how?: EachRowOptions & AsObjects): AsyncIterable<RowObject>;
  function eachRow(input: EachRowInput, how: EachRowOptions & AsArrays): AsyncIterable<CellValue[]>;
  function eachRow(
    input: EachRowInput,
    how: EachRowOptions & (AsObjects | AsArrays) = {},
  ): AsyncIterable<RowObject> | AsyncIterable<CellValue[]> {
    return how.as === 'array' ? eachRowArray(rows, input, how) : eachRowObject(rows, input, how);
  }
  return {
    ...calls,
    audit: { ...calls.audit, ...auditMethods(connection, calls.audit.follow) },
    notifications: { ...calls.notifications, ...notificationMethods(calls.notifications.follow) },
    plugins: {
      ...calls.plugins,
      downloadFeedFile: (input, callOptions) => downloadFeedFile(connection, input, callOptions),
    },
    runs: { ...calls.runs, ...runMethods(calls.runs.logs) },
    sources: {
      ...calls.sources,
      importFile: (file, importOptions) => importFile(connection, calls, file, importOptions),
      downloadCapture: (input, callOptions) => downloadCapture(connection, input, callOptions),
    },
    datasets: {
      ...calls.datasets,
      upload: (file, uploadOptions = {}) => uploadDataset(connection, calls, file, uploadOptions),
      loaded: (input, loadedOptions) => waitForLoad(connection, input, loadedOptions),
      eachRow,
      exportCsv: (input, callOptions) => exportCsv(connection, input, callOptions),
      exportJsonLines: (input, callOptions) => exportJsonLines(connection, input, callOptions),
      exported: (input, callOptions) => waitForExport(calls.datasets.exportStatus, input, callOptions),
      exportQuarantine: (input, callOptions) => exportQuarantine(connection, input, callOptions),
      replayedQuarantine: (input, callOptions) => waitForReplay(calls.datasets.replayStatus, input, callOptions),
      downloadExport: (input, callOptions) => downloadExport(connection, input, callOptions),
      downloadOriginal: (input, callOptions) => downloadOriginal(connection, input, callOptions),
    },
  };
}
