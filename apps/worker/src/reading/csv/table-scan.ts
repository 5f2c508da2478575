import type { QuarantineWriter } from '../quarantine-file.ts';
import type { RowRules } from '../typing/row-rules.ts';
import type { CleanCopy } from './clean-copy.ts';
import type { Grammar } from './grammar.ts';

/** What a scan of a table is to read, and where it puts what it finds. */
export interface TableScan {
  /** File descriptor of UTF-8 text. */
  readonly file: number;
  /** Where the first record of the body begins: its byte and physical line. */
  readonly from: number;
  readonly fromLine: number;
  /** Where the last one ends, at the latest. */
  readonly to: number;
  /** How the header's line ends, if there is a header. */
  readonly headerLineEnd: number | null;
  readonly grammar: Grammar;
  readonly columns: number;
  /** What the user says of columns, and their names. */
  readonly rules: RowRules | null;
  readonly names: readonly string[];
  /** Rows with too few fields get NULL in the last columns. */
  readonly pad: boolean;
  /** Lines that begin with # and have another width are comments. */
  readonly comments: boolean;
  /** Some bytes of the file are no UTF-8: rows that hold one are set apart. */
  readonly hasInvalidBytes: boolean;
  readonly maxRecordBytes: number;
  readonly quarantine: QuarantineWriter;
  /** null: DuckDB is to read the file in place; the scan ends at the first thing that forbids it. */
  readonly copy: CleanCopy | null;
  onProgress(offset: number): void;
}
