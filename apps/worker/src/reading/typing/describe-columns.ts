import type { InspectedColumn } from '../inspection.ts';

const maxNotes = 20;

/** What a user should know of how columns were read: above all, what became NULL that was not empty. */
export function describeColumns(columns: readonly InspectedColumn[]): string[] {
  const notes = columns.flatMap(({ name, evidence }) => {
    const applied = evidence.nullSpellings.filter((spelling) => spelling.applied);
    if (applied.length === 0) return [];
    const listed = applied.map(
      ({ value, count, line }) =>
        `${JSON.stringify(value)} ${count === 1 ? 'once' : `${count} times`} (first on line ${line})`,
    );
    return [`Column ${name}: read as NULL: ${listed.join(', ')}.`];
  });
  return notes.length <= maxNotes
    ? notes
    : [
        ...notes.slice(0, maxNotes),
        `And ${notes.length - maxNotes} more columns in which spellings were read as NULL.`,
      ];
}
