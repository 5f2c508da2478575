import { seen } from './grammar.ts';
import { type Outcome, outcome, type RecordReader } from './record-reader.ts';
import type { TableFindings } from './table-findings.ts';

export const tooLongReason = 'it is too long for one row';

/** Why a record that has a proper end is no row, in words for the quarantine. Notes its width, if that is what is wrong. */
export function reasonOfRecord(
  reader: RecordReader,
  { columns, maxRecordBytes }: { columns: number; maxRecordBytes: number },
  start: number,
  findings: TableFindings,
): string {
  const { fieldCount, mask, textEnd } = reader;
  if (fieldCount !== columns) {
    findings.widths.set(fieldCount, (findings.widths.get(fieldCount) ?? 0) + 1);
    return reader.describeWidth(columns);
  }
  if (textEnd - start > maxRecordBytes) return tooLongReason;
  if ((mask & seen.nul) !== 0) return 'it holds a NUL byte, which no text in Postgres can hold';
  return 'it holds bytes that could not be decoded';
}

export const reasonOfFragment = {
  [outcome.record]: '',
  [outcome.incomplete]: tooLongReason,
  [outcome.textAfterQuote]: 'there is text after a closing quote',
  [outcome.unclosedQuote]: 'a quote is opened and never closed',
} as const satisfies Record<Outcome, string>;
