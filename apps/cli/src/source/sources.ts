import type { OutputOf } from '@granary/client';

export type Source = OutputOf<'sources.get'>;
export type Run = OutputOf<'sources.runStatus'>;
export type Health = OutputOf<'sources.health'>;

export type Capture = OutputOf<'sources.captures'>['items'][number];

export type Change = OutputOf<'sources.runChanges'>['items'][number];

export type Alarm = Health['open'][number];

export interface BackfillFields {
  readonly addresses?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly minimumDays?: number;
}

export interface SourceFields {
  readonly name?: string;
  readonly settings?: Record<string, unknown>;
  readonly crawls?: boolean;
  readonly cron?: string | null;
  readonly timeZone?: string;
  readonly rate?: number;
  readonly keepCapturesDays?: number | null;
}

export interface ImportFields {
  readonly origin: 'import' | 'archive';
  readonly capturedAt?: string;
  readonly url?: string;
}

/** An organization's sources through the API, or with --public the installation's, as an operator on its database. */
export interface Sources {
  list(): Promise<Source[]>;
  create(fields: SourceFields & { readonly connector: string; readonly name: string }): Promise<Source>;
  update(sourceId: string, fields: SourceFields): Promise<Source>;
  remove(sourceId: string): Promise<unknown>;
  pause(sourceId: string, isPaused: boolean): Promise<Source>;
  run(sourceId: string): Promise<Run>;
  reparse(sourceId: string, dryRun: boolean): Promise<Run>;
  backfill(sourceId: string, fields: BackfillFields): Promise<Run>;
  acknowledge(sourceId: string, alarmId: string): Promise<Alarm>;
  cancel(sourceId: string, runId: string): Promise<Run>;
  runs(sourceId: string, limit: number): Promise<Run[]>;
  runStatus(sourceId: string, runId: string): Promise<Run>;
  /** Of the first pages that a reparse read otherwise. */
  changes(sourceId: string, runId: string): Promise<Change[]>;
  health(sourceId: string): Promise<Health>;
  /** Newest first. */
  captures(sourceId: string, limit: number): Promise<Capture[]>;
  /** What the host answered, byte for byte. */
  openCapture(sourceId: string, captureId: string): Promise<ReadableStream<Uint8Array>>;
  importFile(sourceId: string, file: string, fields: ImportFields): Promise<Run>;
}
