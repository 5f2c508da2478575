import type { Buffer } from 'node:buffer';
import type { ChosenTable } from './csv/choose-table.ts';
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
  /** Finds clean rows in the text again; absent where there is no text to show, and rows are shown as JSON. */
  readonly locate?: LocateRows;
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

/** Calls back for the wanted clean rows, which are numbered from 1, in the order of the file. */
export type LocateRows = (wanted: ReadonlySet<number>, found: FoundRow) => Promise<void>;
/** `buffer[start, end)` is the row's text. */
export type FoundRow = (at: { line: number; byteOffset: number }, buffer: Buffer, start: number, end: number) => void;

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
  /** One table of several in the file: then `bomBytes` is where its part begins, and `size` where that ends. */
  readonly part?: { readonly chosen: ChosenTable; readonly firstLine: number };
}

/** Everything about a file but what it was packed and encoded in. */
export type TablePlan = Omit<ReadingPlan, 'inspection'> & {
  readonly inspection: Omit<ReadingPlan['inspection'], 'format' | 'container' | 'encoding' | 'bom' | 'offsetsIn'>;
};
