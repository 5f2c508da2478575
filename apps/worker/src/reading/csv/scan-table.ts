import { isUtf8 } from 'node:buffer';
import { setImmediate as giveWay } from 'node:timers/promises';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { ByteWindow } from '../input/byte-window.ts';
import { isCanonical } from './clean-copy.ts';
import { byte, isToldComment, seen } from './grammar.ts';
import { countLineEnds, findLineEnd } from './line-ends.ts';
import { reasonOfFragment, reasonOfRecord } from './misfit-reasons.ts';
import { lineEnd, type Outcome, outcome, type RecordReader } from './record-reader.ts';
import { TableFindings } from './table-findings.ts';
import type { TableScan } from './table-scan.ts';

/**
 * Reads every record once: counts it, classifies its values, and sets it apart if it does not fit. This count of the
 * input is independent of DuckDB, which later must find as many rows as are clean here.
 *
 * Returns null if the file cannot be read in place and no copy was asked for.
 */
export async function scanTable(scan: TableScan): Promise<TableFindings | null> {
  const scanner = new TableScanner(scan);
  while (scanner.scanWindow()) {
    scan.onProgress(scanner.offset);
    await giveWay();
  }
  return scanner.needsCopy ? null : scanner.findings;
}

class TableScanner {
  readonly findings: TableFindings;
  needsCopy = false;
  readonly #scan: TableScan;
  readonly #window: ByteWindow;
  readonly #reader: RecordReader;
  #position = 0;
  #line: number;
  /** In the middle of a line that is too long to hold; it was set apart already. */
  #inOverlongLine = false;
  /** The last record held nothing. */
  #isAfterBlank = false;
  /** Clean records that follow each other and may be copied as they stand; start < 0: none. */
  #run = { start: -1, end: -1 };

  constructor(scan: TableScan) {
    this.#scan = scan;
    this.findings = new TableFindings(scan.columns);
    if (scan.headerLineEnd !== null) this.findings.lineEnds[scan.headerLineEnd]!++;
    this.#window = new ByteWindow(scan.file, scan.from, scan.to);
    this.#reader = recordReaderOf(scan.grammar, scan.columns);
    this.#line = scan.fromLine;
  }

  get offset(): number {
    return this.#window.offset + this.#position;
  }

  /** Reads the next part of the file; false at its end, or when a copy turns out to be needed. */
  scanWindow(): boolean {
    this.#window.advance(this.#position);
    this.#position = 0;
    const { buffer, limit, atEnd } = this.#window;
    if (this.#inOverlongLine) this.#skipOverlongLine();
    const reader = this.#reader;
    const { columns, hasInvalidBytes, maxRecordBytes, pad, grammar } = this.#scan;
    while (this.#position < limit && !this.needsCopy) {
      const start = this.#position;
      if (grammar.comment !== undefined && isToldComment(grammar, buffer, start, limit)) {
        if (this.#skipComment(start)) continue;
        break;
      }
      const result = reader.read(buffer, start, limit, atEnd);
      if (result !== outcome.record) {
        if (this.#setFragmentApart(start, result)) continue;
        break; // the rest of it is in the next window
      }
      this.#position = reader.end;
      this.findings.lineEnds[reader.lineEnd]!++;
      if ((reader.mask & ~seen.space) === 0) this.#isAfterBlank = true;
      else if (this.#isAfterBlank) {
        this.#isAfterBlank = false;
        this.findings.blocks++;
      }
      const isShort = pad && reader.fieldCount < columns && !this.#isNoRow(start);
      if (isShort) reader.padTo(columns);
      const fits =
        reader.fieldCount === columns &&
        reader.textEnd - start <= maxRecordBytes &&
        (reader.mask & seen.nul) === 0 &&
        (!hasInvalidBytes || isUtf8(buffer.subarray(start, reader.textEnd)));
      if (!fits) this.#addUnfit(start);
      else if (this.#followsRules(start)) this.#addClean(start, isShort);
      this.#line += reader.innerBreaks + 1;
    }
    this.#flushRun();
    return !this.needsCopy && !(atEnd && this.#position >= limit);
  }

  /** Whether every value has the type that the user gave its column; otherwise the row was set apart. */
  #followsRules(start: number): boolean {
    const misfit = this.#scan.rules?.check(this.#reader, this.#window.buffer) ?? null;
    if (misfit === null) return true;
    this.#flushRun();
    this.findings.misfits.add(misfit.column, this.#line);
    if (this.#scan.copy) {
      this.#quarantine(start, this.#reader.textEnd, misfit.reason, this.#scan.names[misfit.column]);
    } else this.needsCopy = true;
    return false;
  }

  #addClean(start: number, isPadded: boolean): void {
    const reader = this.#reader;
    const findings = this.findings;
    const { buffer } = this.#window;
    const { copy, grammar, rules } = this.#scan;
    findings.inputRows++;
    findings.cleanRows++;
    findings.tail.rows = 0;
    if (isPadded) findings.paddedRows++;
    if (reader.outsideAt > 0 && findings.outsideRows++ === 0) findings.firstOutsideLine = this.#line;
    if (rules === null) findings.tally.addRecord(reader, buffer, this.#line);
    else findings.tally.addRuledRecord(reader, buffer, this.#line, rules);
    if (this.#scan.onClean) {
      const at = { line: this.#line, byteOffset: this.#window.offset + start };
      this.#scan.onClean(findings.cleanRows, at, buffer, start, reader.textEnd);
    }
    if (reader.textEnd - start > findings.longestRecord) findings.longestRecord = reader.textEnd - start;

    const canonical = !isPadded && isCanonical(reader, grammar) && (rules?.replacements.size ?? 0) === 0;
    if (!copy) {
      this.needsCopy = !canonical || this.#lineEndsNeedCopy();
    } else if (canonical) {
      if (this.#run.start < 0) this.#run.start = start;
      this.#run.end = reader.textEnd;
      if (reader.lineEnd !== lineEnd.lf) this.#flushRun();
    } else {
      this.#flushRun();
      copy.addRecord(reader, buffer, rules?.replacements);
    }
  }

  /** DuckDB tells line ends by the first it sees, even inside quotes, and reads no file that mixes them. */
  #lineEndsNeedCopy(): boolean {
    const [, lf, crlf, cr] = this.findings.lineEnds;
    return cr > 0 || (crlf > 0 && (lf > 0 || this.#reader.innerBreaks > 0));
  }

  /** A whole record that is not to be loaded: a blank line, a comment, or a row for the quarantine. */
  #addUnfit(start: number): void {
    const reader = this.#reader;
    const findings = this.findings;
    this.#flushRun();
    if (reader.fieldCount === 1 && reader.textEnd === start) {
      // DuckDB sees the line end of a blank line too
      if (!this.#scan.copy) this.needsCopy = this.#lineEndsNeedCopy();
      findings.blankLines++;
      return;
    }
    if (!this.#scan.copy) {
      this.needsCopy = true;
      return;
    }
    if (!this.#isNoRow(start)) {
      this.#quarantine(start, reader.textEnd, reasonOfRecord(reader, this.#scan, start, findings));
    } else if (reader.fieldCount === 1 && (reader.mask & ~seen.space) === 0) {
      findings.blankLines++;
    } else this.#countComment();
  }

  /** Whether the record is a blank line, or a comment by its first character. */
  #isNoRow(start: number): boolean {
    const { fieldCount, mask } = this.#reader;
    const { columns, comments } = this.#scan;
    if (fieldCount === columns) return false;
    if (fieldCount === 1 && (mask & ~seen.space) === 0) return true;
    return comments && this.#window.buffer[start] === byte.hash;
  }

  #countComment(): void {
    if (this.findings.commentLines++ === 0) this.findings.firstCommentLine = this.#line;
  }

  /** Skips a line that the user says is a comment. Returns false if more of the file must be read first. */
  #skipComment(start: number): boolean {
    const { buffer, limit, atEnd } = this.#window;
    const end = findLineEnd(buffer, start, limit, atEnd);
    if (!end && limit - start <= this.#scan.maxRecordBytes) return false;
    this.#flushRun();
    if (!this.#scan.copy) {
      this.needsCopy = true;
      return true;
    }
    this.#countComment();
    this.#goOnBehind(end);
    return true;
  }

  /**
   * A record that has no proper end. What is wrong began with the quote that opened last, so only the lines up to that
   * one are set apart, and reading goes on with the next: one stray quote does not swallow the rest of the file.
   * Returns false if more of the file must be read first.
   */
  #setFragmentApart(start: number, result: Outcome): boolean {
    const { buffer, limit, atEnd } = this.#window;
    const tooLong = limit - start > this.#scan.maxRecordBytes;
    if (result === outcome.incomplete && !tooLong) return false;
    const { openedAt } = this.#reader;
    const end = findLineEnd(buffer, openedAt, limit, atEnd);
    if (!end && !tooLong) return false;
    if (!this.#scan.copy) {
      this.needsCopy = true;
      return true;
    }
    this.#flushRun();
    if (result !== outcome.incomplete && this.findings.badQuotes++ === 0) {
      this.findings.firstBadQuote = this.#window.offset + start;
    }
    this.#quarantine(start, end?.textEnd ?? limit, reasonOfFragment[result]);
    this.#line += countLineEnds(buffer, start, openedAt);
    this.#goOnBehind(end);
    return true;
  }

  #skipOverlongLine(): void {
    const { buffer, limit, atEnd } = this.#window;
    this.#goOnBehind(findLineEnd(buffer, 0, limit, atEnd));
  }

  /** Goes on with the next line; null: the line does not end in this window. */
  #goOnBehind(end: { next: number } | null): void {
    const { buffer, limit } = this.#window;
    this.#inOverlongLine = end === null;
    if (end) this.#line++;
    // a CR at the border may be half of a line end
    this.#position = end?.next ?? (buffer[limit - 1] === byte.carriageReturn ? limit - 1 : limit);
  }

  #quarantine(start: number, end: number, reason: string, column?: string): void {
    const { findings } = this;
    findings.inputRows++;
    if (column !== undefined) findings.tail.rows = 0;
    else if (findings.tail.rows++ === 0) findings.tail.line = this.#line;
    const at = { line: this.#line, byteOffset: this.#window.offset + start };
    this.#scan.quarantine.add(at, this.#window.buffer, start, end, reason, column);
  }

  #flushRun(): void {
    if (this.#run.start >= 0) this.#scan.copy?.addText(this.#window.buffer, this.#run.start, this.#run.end);
    this.#run.start = -1;
  }
}
