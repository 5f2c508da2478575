import type { QuarantineWriter } from '../quarantine-file.ts';
import type { ReadingContext, TextFile } from '../reading-plan.ts';
import type { ChosenTable } from './choose-table.ts';
import { otherTableReason } from './other-table.ts';
import { scanTable } from './scan-table.ts';

/** Puts the records of the other tables into quarantine, those before the chosen one or those behind it. Returns how many. */
export async function setTablesApart(
  { number, sections, grammar }: ChosenTable,
  where: 'before' | 'behind',
  { file, hasInvalidBytes, size }: TextFile,
  quarantine: QuarantineWriter,
  { limits, progress }: ReadingContext,
): Promise<number> {
  let rows = 0;
  for (const [index, { blocks, firstLine, lastLine }] of sections.entries()) {
    if (where === 'before' ? index >= number - 1 : index < number) continue;
    const reason = otherTableReason(index + 1, { firstLine, lastLine }, number);
    for (const block of blocks) {
      const findings = await scanTable({
        file,
        from: block.offset,
        fromLine: block.line,
        to: block.end,
        headerLineEnd: null,
        grammar,
        columns: 0, // no record fits
        rules: null,
        names: [],
        pad: false,
        comments: false,
        hasInvalidBytes,
        maxRecordBytes: limits.recordBytes,
        quarantine: { add: (at, buffer, start, end) => quarantine.add(at, buffer, start, end, reason) },
        copy: { addText() {}, addRecord() {} },
        onProgress: (offset) => progress('typing', offset, size),
      });
      rows += findings?.inputRows ?? 0;
    }
  }
  return rows;
}
