import { ColumnMisfits } from '../typing/column-misfits.ts';
import { ColumnTally } from '../typing/column-tally.ts';

/** What a scan of the whole file found. */
export class TableFindings {
  inputRows = 0;
  cleanRows = 0;
  blankLines = 0;
  /** How often records follow a blank one. */
  blocks = 0;
  commentLines = 0;
  firstCommentLine = 0;
  paddedRows = 0;
  /** Rows of which something was left out, because the user picked columns. */
  outsideRows = 0;
  firstOutsideLine = 0;
  /** Records set apart since the last clean one, and the line of the first of them. */
  readonly tail = { rows: 0, line: 0 };
  /** Records set apart because of a value. */
  readonly misfits = new ColumnMisfits();
  /** Records set apart because of their quoting. */
  badQuotes = 0;
  /** Byte at which the first of them begins. */
  firstBadQuote = 0;
  /** Wrong numbers of fields, and how many records have them. */
  readonly widths = new Map<number, number>();
  /** Bytes of the longest clean record. */
  longestRecord = 0;
  /** Records by how their line ends (index: `lineEnd` of the record reader). */
  readonly lineEnds: [none: number, lf: number, crlf: number, cr: number] = [0, 0, 0, 0];
  readonly tally: ColumnTally;

  constructor(columns: number) {
    this.tally = new ColumnTally(columns);
  }
}
