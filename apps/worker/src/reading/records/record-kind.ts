import type { Buffer } from 'node:buffer';
import type { TablePlan } from '../reading-plan.ts';

export interface Unfit {
  /** Whose value does not fit, if one's does not. */
  readonly column: string | null;
  readonly reason: string;
}

/** Reads rows of one kind of file, each by itself, and writes those that fit as DuckDB reads them. */
export interface RecordKind {
  /** `buffer[0, length)` is the row's text, behind which a line feed stands; `line` is its position. Null: it fits. */
  take(buffer: Buffer, length: number, line: number): Unfit | null;
  close(): void;
  /** How what fits is copied; after `close`. */
  plan(quarantinedRows: number): TablePlan;
}

export const refused = (reason: string): Unfit => ({ column: null, reason });
