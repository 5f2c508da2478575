import { type Buffer, isUtf8 } from 'node:buffer';
import { requireApplicable } from '../applicable-options.ts';
import { describeDialect, describeTable } from '../csv/describe-table.ts';
import { byte, seen } from '../csv/grammar.ts';
import { mayBeRow } from '../csv/leading-rows.ts';
import { countLineEnds, findLineEnd } from '../csv/line-ends.ts';
import { reasonOfFragment, tooLongReason } from '../csv/misfit-reasons.ts';
import { type Outcome, outcome, type RecordReader } from '../csv/record-reader.ts';
import { knownGrammar, type SettledTable, settleTable } from '../csv/settle-table.ts';
import { TableFindings } from '../csv/table-findings.ts';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { isParquet, refuseKnownKinds, refuseOtherThanText } from '../input/file-kind.ts';
import { looksLikeJson } from '../json/looks-like-json.ts';
import { boundedText } from '../typing/bounded-text.ts';
import { decodeStream } from './decode-stream.ts';
import { otherFormat } from './other-format.ts';
import type { StreamCell, StreamEnd, StreamRequest, StreamTable, UnfitRow } from './stream-protocol.ts';
import { StreamWindow } from './stream-window.ts';

export interface StreamSink {
  table(table: StreamTable): void;
  row(cells: StreamCell[], bytes: number): void;
  unfit(row: UnfitRow): void;
  /** Awaited now and then: how the reader waits for who takes its rows. */
  flush(): Promise<void>;
}

const maxRawBytes = 64 << 10;
const maxSampleBytes = 64 << 20;
const enoughLines = 30;

/**
 * Reads a delimited text that comes as a stream, and keeps nothing of it: every record goes to the sink, as cells if it
 * fits and as text with a reason if it does not. The dialect is settled from the beginning (the first 4 MiB) alone, because
 * there is no second look. No message that it throws repeats anything of the text.
 */
export async function readStream(
  bytes: AsyncIterable<Buffer>,
  { overrides, limits }: StreamRequest,
  sink: StreamSink,
): Promise<StreamEnd> {
  const decoded = await decodeStream(bytes, { encoding: overrides.encoding, maxBytes: limits.decodedBytes });
  const { encoding, container } = decoded;
  if (isParquet(decoded.head)) throw otherFormat('Parquet');
  refuseKnownKinds(decoded.head);
  const isPlainUtf8 = encoding.name === 'utf-8';
  const window = new StreamWindow(decoded.text, isPlainUtf8 ? encoding.bomBytes : 0);
  await window.advance(0);
  while (!window.atEnd && window.limit < maxSampleBytes && !hasLines(window)) await window.advance(0);
  const head = window.buffer.subarray(0, Math.min(window.limit, 1 << 16));
  refuseOtherThanText(head);
  if (overrides.delimiter === undefined && isJson(head, window.atEnd && head.length === window.limit))
    throw otherFormat('JSON');

  requireApplicable(overrides.widths ? 'fixed' : 'csv', overrides);
  const table = settleTable(window, overrides, knownGrammar(overrides), limits.columns);
  sink.table({
    type: 'table',
    names: [...table.start.names],
    hasHeader: table.start.header.length > 0 || overrides.names !== undefined,
    delimiter: String.fromCharCode(table.grammar.delimiter),
  });
  const scan = new StreamScan(table, window, limits.recordBytes, sink);
  await scan.run();
  const { findings } = scan;
  const notes = describeTable(withoutPreamble(table), null, overrides, findings);
  if (encoding.isGuess && !isPlainUtf8)
    notes.unshift(`The file is not UTF-8; it was read as ${encoding.name}, which is a guess.`);
  return {
    type: 'end',
    dialect: describeDialect(table, overrides, findings),
    container,
    encoding: encoding.name,
    bom: encoding.bomBytes > 0,
    inputRows: findings.inputRows,
    cleanRows: findings.cleanRows,
    unfitRows: scan.unfitRows,
    notes,
  };
}

function hasLines({ buffer, limit }: StreamWindow): boolean {
  let position = 0;
  for (let lines = 0; lines < enoughLines; lines++) {
    const end = findLineEnd(buffer, position, limit, false);
    if (!end) return false;
    position = end.next;
  }
  return true;
}

function isJson(head: Buffer, isWhole: boolean): boolean {
  try {
    return looksLikeJson(head, isWhole, '') !== null;
  } catch {
    return true; // JSON of another shape, or damaged
  }
}

/** What stands above a table may name people: the notes count those lines, and do not repeat them. */
const withoutPreamble = (table: SettledTable): SettledTable => ({ ...table, start: { ...table.start, preamble: [] } });

class StreamScan {
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
    const cells: StreamCell[] = [];
    // a field of fixed width may hold what parts fields elsewhere
    const quoting = this.#table.grammar.layout ? seen.quoted | seen.comma : seen.quoted;
    for (let field = 0; field < reader.fieldCount; field++) {
      const isQuoted = (reader.masks[field]! & quoting) !== 0;
      const text = this.#text(field);
      cells.push(isQuoted ? [text] : text === '' ? null : text);
    }
    this.#sink.row(cells, reader.textEnd - start);
  }

  /** Most fields are ASCII that stands in the buffer as it is, and need no view of their own. */
  #text(field: number): string {
    const { starts, ends, masks } = this.#reader;
    const { buffer } = this.#window;
    const mask = masks[field]!;
    return (mask & (seen.escaped | seen.other)) === 0
      ? buffer.toString('latin1', starts[field], ends[field])
      : this.#reader.content(buffer, field).toString('utf8');
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
