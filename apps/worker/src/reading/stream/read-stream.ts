import type { Buffer } from 'node:buffer';
import { requireApplicable } from '../applicable-options.ts';
import { describeDialect, describeTable } from '../csv/describe-table.ts';
import { findLineEnd } from '../csv/line-ends.ts';
import { knownGrammar, type SettledTable, settleTable } from '../csv/settle-table.ts';
import { isParquet, refuseKnownKinds, refuseOtherThanText } from '../input/file-kind.ts';
import { type JsonForm, looksLikeJson } from '../json/looks-like-json.ts';
import { decodeStream } from './decode-stream.ts';
import { findKeys } from './find-keys.ts';
import { otherFormat } from './other-format.ts';
import { readRecordStream } from './read-record-stream.ts';
import { sendObjects } from './send-objects.ts';
import type { StreamEnd, StreamRequest } from './stream-protocol.ts';
import { StreamScan } from './stream-scan.ts';
import type { StreamSink } from './stream-sink.ts';
import { StreamWindow } from './stream-window.ts';

const maxSampleBytes = 64 << 20;
const enoughLines = 30;

/**
 * Reads a delimited text, or JSON Lines, that comes as a stream, and keeps nothing of it: every record goes to the sink, as
 * cells if it fits and as text with a reason if it does not. The dialect is settled from the beginning (the first 4 MiB)
 * alone, because there is no second look. Of JSON Lines there is one, since their keys are known only at the end: without
 * `keys` these are all that is found out. No message that it throws repeats anything of the text.
 */
export async function readStream(
  bytes: AsyncIterable<Buffer>,
  { overrides, limits, keys, records }: StreamRequest,
  sink: StreamSink,
): Promise<StreamEnd> {
  if (records) return readRecordStream(bytes, records, limits, sink);
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
  const guess = encoding.isGuess && !isPlainUtf8;
  const decodedAs = guess ? [`The file is not UTF-8; it was read as ${encoding.name}, which is a guess.`] : [];
  const source = { container, encoding: encoding.name, bom: encoding.bomBytes > 0 };
  if (overrides.delimiter === undefined && isJson(head, window.atEnd && head.length === window.limit)) {
    const counts = keys ? await sendObjects(window, keys, limits, sink) : { inputRows: 0, cleanRows: 0, unfitRows: 0 };
    const found = keys ? null : await findKeys(window, limits);
    return { type: 'end', format: 'jsonl', dialect: null, ...source, ...counts, notes: decodedAs, keys: found };
  }

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
  return {
    type: 'end',
    format: 'csv',
    dialect: describeDialect(table, overrides, findings),
    ...source,
    inputRows: findings.inputRows,
    cleanRows: findings.cleanRows,
    unfitRows: scan.unfitRows,
    notes: [...decodedAs, ...describeTable(withoutPreamble(table), null, overrides, findings)],
    keys: null,
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

/** Whether it is JSON Lines. Throws ReadError for JSON of another shape. */
function isJson(head: Buffer, isWhole: boolean): boolean {
  const form = formOf(head, isWhole);
  if (form === 'json') throw otherFormat('JSON', 'as CSV, or as JSON Lines (one object a line)');
  return form !== null;
}

function formOf(head: Buffer, isWhole: boolean): JsonForm | null {
  try {
    return looksLikeJson(head, isWhole, '');
  } catch {
    return 'json'; // of another shape, or damaged
  }
}

/** What stands above a table may name people: the notes count those lines, and do not repeat them. */
const withoutPreamble = (table: SettledTable): SettledTable => ({ ...table, start: { ...table.start, preamble: [] } });
