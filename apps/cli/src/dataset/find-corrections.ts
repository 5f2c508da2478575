import { withoutFormula } from '@granary/domain/csv-lines';
import { CommandFailure } from '../output/failure.ts';
import type { EditedRow } from './corrections-file.ts';

export interface Correction {
  readonly number: number;
  readonly revision?: number;
  readonly text: string | null;
}

/** A row as the API has it now. */
export interface PresentRow {
  readonly raw: string;
  readonly correction: string | null;
}

/** Excel cuts longer cells off. */
const longestCell = 32_767;

const withoutReturns = (text: string) => text.replaceAll('\r\n', '\n');

/** Whether a text came back as it went out: with other line ends, cut off, or disarmed, as spreadsheets and exports do. */
function isSame(edited: string, present: string): boolean {
  const [now, before] = [withoutReturns(edited), withoutReturns(present)];
  if (now === before || now === withoutReturns(withoutFormula(present))) return true;
  return before.length > longestCell && now.length >= longestCell - 1 && before.startsWith(now);
}

/**
 * What somebody corrected in an exported quarantine: the cell `correction`, or the text in `raw` itself. Rows that came back
 * as they went out are no corrections, nor are those that left the quarantine since (`gone`); an emptied `correction` takes
 * one back. Throws CommandFailure where both cells of a row were changed.
 */
export function findCorrections(
  edited: readonly EditedRow[],
  present: ReadonlyMap<number, PresentRow>,
  { ignoreRevisions }: { readonly ignoreRevisions: boolean },
): { corrections: Correction[]; gone: number } {
  let gone = 0;
  const corrections = edited.flatMap(({ number, revision, raw, correction }) => {
    const row = present.get(number);
    if (!row) {
      gone++;
      return [];
    }
    const rawChanged = raw !== null && !isSame(raw, row.raw);
    const correctionChanged = correction !== null && !isSame(correction, row.correction ?? '');
    if (rawChanged && correctionChanged)
      throw new CommandFailure(`row ${number}: raw and correction were both changed; change one of them`);
    if (!rawChanged && !correctionChanged) return [];
    const seen = revision === null || ignoreRevisions ? {} : { revision };
    return [{ number, ...seen, text: rawChanged ? raw : correction || null }];
  });
  return { corrections, gone };
}
