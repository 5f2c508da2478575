import { ReadError } from '../read-error.ts';
import { shorten } from '../typing/bounded-text.ts';
import type { SheetEntry, Workbook, WorkbookParts } from './workbook-parts.ts';

export interface ChosenSheet {
  readonly sheet: SheetEntry;
  /** The other sheets that hold something. */
  readonly others: readonly string[];
}

const listed = 20;

/** The names of sheets as a message lists them. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, listed).map((name) => JSON.stringify(shorten(name, 100)));
  return `${shown.join(', ')}${names.length > listed ? ` and ${names.length - listed} more` : ''}`;
}

/**
 * The sheet that is named, or the first that holds anything (a hidden one only if no other does). Throws ReadError: `choice_needed` if
 * there is none of this name, `not_a_table` if all are empty.
 */
export async function chooseSheet(
  { sheets }: Workbook,
  named: string | undefined,
  parts: WorkbookParts,
): Promise<ChosenSheet> {
  const filled: SheetEntry[] = [];
  for (const sheet of sheets) if (await isFilled(sheet, parts)) filled.push(sheet);
  const chosen =
    named === undefined
      ? (filled.find(({ hidden }) => !hidden) ?? filled[0])
      : (sheets.find(({ name }) => name === named) ??
        sheets.find(({ name }) => name.trim().toLowerCase() === named.trim().toLowerCase()));
  if (chosen && (named !== undefined || filled.length > 0)) {
    return { sheet: chosen, others: filled.filter((sheet) => sheet !== chosen).map(({ name }) => name) };
  }
  if (named === undefined) {
    throw new ReadError('not_a_table', 'The Excel workbook is empty: no cell of its sheets holds anything.');
  }
  const names = sheets.map(({ name }) => name);
  throw new ReadError(
    'choice_needed',
    `The workbook has no sheet ${JSON.stringify(shorten(named, 100))}. It has: ${listNames(names)}.`,
    { sheets: names.slice(0, listed) },
  );
}

/** Whether any cell has a value; reads no further than to the first. */
async function isFilled(sheet: SheetEntry, parts: WorkbookParts): Promise<boolean> {
  let filled = false;
  const found = await parts.parse(sheet.part, {
    open: (name) => {
      if (name === 'v' || name === 't') filled = true;
    },
    done: () => filled,
  });
  if (found) return filled;
  throw new ReadError(
    'corrupt',
    `The Excel workbook is damaged: its sheet ${JSON.stringify(shorten(sheet.name, 100))} is missing.`,
  );
}
