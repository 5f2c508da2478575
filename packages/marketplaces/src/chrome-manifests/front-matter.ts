export interface FrontMatter {
  /** Texts, and lists of texts, as they are written; null for `null`. */
  readonly fields: ReadonlyMap<string, string | readonly string[] | null>;
  /** What stands below. */
  readonly rest: string;
}

const maxLines = 2_000;

/**
 * The part of YAML that the dataset's files begin with, between two lines of three hyphens: plain and quoted texts, folded
 * blocks and lists. Null where a file begins otherwise.
 */
export function readFrontMatter(file: string): FrontMatter | null {
  const text = file.replace(/^\ufeff/, '');
  const raw = text.split('\n', maxLines);
  const lines = raw.map((line) => line.replace(/\r$/, ''));
  const end = lines[0] === '---' ? lines.indexOf('---', 1) : -1;
  if (end === -1) return null;
  const fields = new Map<string, string | readonly string[] | null>();
  let at = 1;
  while (at < end) {
    const [, name, value = ''] = /^([A-Za-z_]\w{0,60}):(?:\s(.*))?$/.exec(lines[at] ?? '') ?? [];
    let next = at + 1;
    while (next < end && /^(?:\s|$)/.test(lines[next] ?? '')) next++;
    if (name !== undefined) fields.set(name, readValue(value.trim(), lines.slice(at + 1, next)));
    at = next;
  }
  const start = raw.slice(0, end + 1).reduce((length, line) => length + line.length + 1, 0);
  return { fields, rest: text.slice(start) };
}

function readValue(value: string, below: readonly string[]): string | readonly string[] | null {
  if (value === 'null' || value === '~') return null;
  if (/^[>|][+-]?$/.test(value)) return folded(below);
  if (value !== '') return unquoted(value);
  const entries = below.filter((line) => /^\s+-\s/.test(line)).map((line) => unquoted(line.trim().slice(2).trim()));
  return entries.length > 0 ? entries : null;
}

/** Lines that follow one another are one; a blank line is a line break. */
function folded(lines: readonly string[]): string {
  return lines
    .map((line) => (line.trim() === '' ? '\n' : `${line.trim()} `))
    .join('')
    .trim();
}

function unquoted(value: string): string {
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'"))
    return value.slice(1, -1).replaceAll("''", "'");
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"'))
    return value.slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
  return value;
}
