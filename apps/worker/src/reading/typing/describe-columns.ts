import type { InspectedColumn } from '../inspection.ts';

const maxNotes = 20;

/**
 * What a user should know of how columns were read: above all, what became NULL that was not empty, and what stayed text
 * though it may mean that there is nothing.
 */
export function describeColumns(columns: readonly InspectedColumn[]): string[] {
  const notes = columns.flatMap(({ name, evidence: { nullSpellings } }) => [
    ...noteOf(
      nullSpellings.filter(({ applied }) => applied),
      (list) => `Column ${name}: read as NULL: ${list}.`,
    ),
    ...noteOf(
      nullSpellings.filter(({ applied }) => !applied),
      (list) => `Column ${name}: kept as text: ${list}. If it means that there is no value, say so with nullValues.`,
    ),
  ]);
  return notes.length <= maxNotes
    ? notes
    : [...notes.slice(0, maxNotes), `And ${notes.length - maxNotes} more notes on spellings of NULL: see the columns.`];
}

function noteOf(spellings: InspectedColumn['evidence']['nullSpellings'], note: (list: string) => string): string[] {
  if (spellings.length === 0) return [];
  const listed = spellings.map(({ value, count, line }) => {
    const times = count === 1 ? 'once' : `${count} times`;
    return `${JSON.stringify(value)} ${times} (first on line ${line})`;
  });
  return [note(listed.join(', '))];
}
