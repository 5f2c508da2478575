import type { Grammar } from './csv/grammar.ts';
import type { Inspection } from './inspection.ts';

/** What the reading process remembers of an inspected file: how DuckDB is to read the rows that fit. */
export interface ReadingPlan {
  readonly inspection: Inspection;
  /** Table function with all its options. */
  readonly source: string;
  /** By column name: the expression that gives its values as text that Postgres' COPY reads. */
  readonly expressions: ReadonlyMap<string, string>;
  /** The one file that DuckDB reads. */
  readonly path: string;
  /** The same rows as text, where they are: a wide table is cut into parts before it is copied. */
  readonly rows?: DelimitedRows;
}

/** Rows that DuckDB reads as we do, and nothing else but blank lines. */
export interface DelimitedRows {
  readonly path: string;
  /** Where the first row begins, behind the header. */
  readonly from: number;
  readonly grammar: Grammar;
  readonly longestRecord: number;
}

/** What every format's reader is given. */
export interface ReadingContext {
  readonly workDirectory: string;
  readonly limits: { readonly columns: number; readonly decodedBytes: number; readonly recordBytes: number };
  progress(phase: 'decoding' | 'detecting' | 'typing' | 'reading', bytes: number, totalBytes: number): void;
}

/** A file of UTF-8 text, be it the original or what was unpacked and decoded from it. */
export interface TextFile {
  readonly path: string;
  /** File descriptor. */
  readonly file: number;
  readonly size: number;
  readonly bomBytes: number;
  /** Rows that hold a byte that is no UTF-8 are set apart. */
  readonly hasInvalidBytes: boolean;
}

/** Everything about a file but what it was packed and encoded in. */
export type TablePlan = Omit<ReadingPlan, 'inspection'> & {
  readonly inspection: Omit<ReadingPlan['inspection'], 'format' | 'container' | 'encoding' | 'bom' | 'offsetsIn'>;
};
