import { isUtf8 } from 'node:buffer';
import { byte, seen } from '../csv/grammar.ts';
import { mayBeRow } from '../csv/leading-rows.ts';
import { countLineEnds, findLineEnd } from '../csv/line-ends.ts';
import { reasonOfFragment, tooLongReason } from '../csv/misfit-reasons.ts';
import { type Outcome, outcome, type RecordReader } from '../csv/record-reader.ts';
import type { SettledTable } from '../csv/settle-table.ts';
import { TableFindings } from '../csv/table-findings.ts';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { boundedText } from '../typing/bounded-text.ts';
import { cellsOf } from './record-cells.ts';
import type { StreamSink } from './stream-sink.ts';
import type { StreamWindow } from './stream-window.ts';

const maxRawBytes = 64 << 10;

/** The records of a delimited text that comes as a stream, of which each goes to the sink. */
export class StreamScan {
  /** Counts only: without columns there is nothing to tally. */
  readonly findings = new TableFindings(0);
  unfitRows = 0;
  readonly #table: SettledTable;
  readonly #window: StreamWindow;
  readonly #maxRecordBytes: number;
  readonly #sink: StreamSink;
  readonly #reader: RecordReader;
  #position: number;
  #line: number;
  /** In the middle of a line that is too long to hold; it was set apart already. */
  #inOverlongLine = false;

  constructor(table: SettledTable, window: StreamWindow, maxRecordBytes: number, sink: StreamSink) {
    this.#table = table;
    this.#window = window;
    this.#maxRecordBytes = maxRecordBytes;
    this.#sink = sink;
    this.#reader = recordReaderOf(table.grammar, table.columns);
    this.#position = table.bodyOffset;
    this.#line = table.bodyLine;
  }

  async run(): Promise<void> {
    const { start } = this.#table;
    const header = start.header.at(-1);
    if (header) this.findings.lineEnds[header.lineEnd]!++;
    for (const row of start.preamble.filter(mayBeRow))
      this.#setApart(row.start, row.textEnd, 'it stands above the table', row.line);
    for (;;) {
      this.#scanWindow();
      await this.#sink.flush();
      if (this.#window.atEnd && this.#position >= this.#window.limit) return;
      await this.#window.advance(this.#position);
      this.#position = 0;
    }
  }

  #scanWindow(): void {
    const { buffer, limit, atEnd } = this.#window;
    if (this.#inOverlongLine) this.#skipOverlongLine();
    const reader = this.#reader;
    while (this.#position < limit) {
      const start = this.#position;
      const result = reader.read(buffer, start, limit, atEnd);
      if (result !== outcome.record) {
        if (this.#setFragmentApart(start, result)) continue;
        return; // the rest of it is in the next window
      }
      this.#position = reader.end;
      this.findings.lineEnds[reader.lineEnd]!++;
      const reason = this.#reasonAgainst(start);
      if (reason === null) this.#add(start);
      else this.#addUnfit(start, reason);
      this.#line += reader.innerBreaks + 1;
    }
  }

  #reasonAgainst(start: number): string | null {
    const { fieldCount, mask, textEnd } = this.#reader;
    const { columns } = this.#table;
    if (fieldCount !== columns) return this.#reader.describeWidth(columns);
    if (textEnd - start > this.#maxRecordBytes) return tooLongReason;
    if ((mask & seen.nul) !== 0) return 'it holds a NUL byte, which no text in Postgres can hold';
    return isUtf8(this.#window.buffer.subarray(start, textEnd)) ? null : 'it holds bytes that could not be decoded';
  }

  #add(start: number): void {
    const reader = this.#reader;
    this.findings.inputRows++;
    this.findings.cleanRows++;
    if (reader.outsideAt > 0 && this.findings.outsideRows++ === 0) this.findings.firstOutsideLine = this.#line;
    this.#sink.row(cellsOf(reader, this.#window.buffer, this.#table.grammar), reader.textEnd - start);
  }

  #addUnfit(start: number, reason: string): void {
    const { fieldCount, mask, textEnd } = this.#reader;
    const { findings } = this;
    const isBlank = fieldCount === 1 && (mask & ~seen.space) === 0;
    const { comments, columns } = this.#table;
    if (isBlank) findings.blankLines++;
    else if (comments && this.#window.buffer[start] === byte.hash && fieldCount !== columns) {
      if (findings.commentLines++ === 0) findings.firstCommentLine = this.#line;
    } else this.#setApart(start, textEnd, reason);
  }

  /** As in TableScanner: only the lines up to the one in which the wrong quote opened are set apart. */
  #setFragmentApart(start: number, result: Outcome): boolean {
    const { buffer, limit, atEnd } = this.#window;
    const isTooLong = limit - start > this.#maxRecordBytes;
    if (result === outcome.incomplete && !isTooLong) return false;
    const { openedAt } = this.#reader;
    const end = findLineEnd(buffer, openedAt, limit, atEnd);
    if (!end && !isTooLong) return false;
    this.#setApart(start, end?.textEnd ?? limit, reasonOfFragment[result]);
    this.#line += countLineEnds(buffer, start, openedAt);
    if (end) {
      this.#line++;
      this.#position = end.next;
    } else {
      // a CR at the border may be half of a line end
      this.#position = buffer[limit - 1] === byte.carriageReturn ? limit - 1 : limit;
      this.#inOverlongLine = true;
    }
    return true;
  }

  #skipOverlongLine(): void {
    const { buffer, limit, atEnd } = this.#window;
    const end = findLineEnd(buffer, 0, limit, atEnd);
    this.#position = end?.next ?? (buffer[limit - 1] === byte.carriageReturn ? limit - 1 : limit);
    if (!end) return;
    this.#inOverlongLine = false;
    this.#line++;
  }

  #setApart(start: number, end: number, reason: string, line = this.#line): void {
    this.findings.inputRows++;
    this.unfitRows++;
    const { buffer, offset } = this.#window;
    this.#sink.unfit({ line, byteOffset: offset + start, raw: boundedText(buffer, start, end, maxRawBytes), reason });
  }
}
