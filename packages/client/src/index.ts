export type { Call, CallOptions, Calls, InputOf, OutputOf } from './calls.ts';
export { createGranaryClient, type DatasetMethods, type GranaryClient } from './client.ts';
export type { ConnectionOptions, GranaryAuth } from './connection.ts';
// every type of the API, as generated: their names are the API's own
export type * from './contract.gen.ts';
export { errorKinds, procedureKinds } from './contract.gen.ts';
export type {
  CaptureInput,
  ExportCsvInput,
  ExportFileInput,
  ExportJsonLinesInput,
  ExportQuarantineInput,
  FeedFileInput,
  OriginalInput,
} from './datasets/download.ts';
export type { EachRowInput, EachRowOptions, RowObject } from './datasets/each-row.ts';
export type { LoadedOptions } from './datasets/watch-load.ts';
export {
  type ErrorData,
  GranaryError,
  type GranaryErrorFacts,
  type GranaryErrorKind,
  isGranaryError,
} from './errors.ts';
export type { RunMethods, RunNews, WatchRunInput } from './runs/run-methods.ts';
export type { UploadSource } from './uploads/byte-source.ts';
export type { SendOptions } from './uploads/send-file.ts';
export type { Uploaded, UploadNewOptions, UploadOptions, UploadVersionOptions } from './uploads/upload-dataset.ts';
