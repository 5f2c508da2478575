/** The longest that is kept of each: more is cut off, since what a page says of itself has no bound. In UTF-16 units. */
export const textLimits = {
  name: 300,
  summary: 2_000,
  description: 50_000,
  /** Of an entry of a list, and of whatever else is one line. */
  line: 300,
  version: 100,
  /** Entries of a list. */
  entries: 1_000,
} as const;

// what PostgreSQL cannot hold (NUL) or a terminal would act on, and marks that turn the direction of what follows
const unwanted = /(?![\t\n\r])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Text on one line: white space collapsed, control characters dropped, at most `limit` long; null where nothing is left.
 */
export function lineOf(text: string, limit: number = textLimits.line): string | null {
  const line = wellFormed(text, limit).replace(/\s+/g, ' ').trim();
  return line === '' ? null : cut(line, limit);
}

/**
 * Text of several lines: line ends are LF, lines have no trailing space, and never are more than two blank ones together.
 */
export function blockOf(text: string, limit: number = textLimits.description): string | null {
  const lines = wellFormed(text, limit)
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trimEnd());
  const block = lines
    .join('\n')
    .replace(/\n{4,}/g, '\n\n\n')
    .trim();
  return block === '' ? null : cut(block, limit);
}

/** Cut generously first, so that megabytes are not searched for a line of which 300 characters are kept. */
function wellFormed(text: string, limit: number): string {
  return text
    .slice(0, limit * 4)
    .toWellFormed()
    .replace(unwanted, '');
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit);
  return (head.isWellFormed() ? head : head.slice(0, -1)).trimEnd();
}
