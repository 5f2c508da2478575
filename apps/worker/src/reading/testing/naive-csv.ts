/** A record of the naive reader: its fields (null: nothing stood there), or why it has none. */
export interface NaiveRecord {
  readonly line: number;
  readonly offset: number;
  readonly raw: string;
  readonly fields: readonly (string | null)[] | null;
}

export interface NaiveGrammar {
  readonly delimiter: string;
  readonly quote: string;
  readonly backslash: boolean;
  readonly skipInitialSpace: boolean;
}

/**
 * What the record reader and the scan are held against: the same rules, told once more as plainly as possible, over a
 * whole string and without a thought for speed. Blank lines are records of one empty field.
 */
export function readNaively(text: string, grammar: NaiveGrammar): NaiveRecord[] {
  const records: NaiveRecord[] = [];
  let rest = text;
  let line = 1;
  while (rest !== '') {
    const record = readOne(rest, grammar);
    const offset = Buffer.byteLength(text) - Buffer.byteLength(rest);
    records.push({ line, offset, raw: record.raw, fields: record.fields });
    line += lineEnds(rest.slice(0, record.length));
    rest = rest.slice(record.length);
  }
  return records;
}

const lineEnds = (text: string) => text.match(/\r\n|\n|\r/g)?.length ?? 0;

function readOne(text: string, { delimiter, quote, backslash, skipInitialSpace }: NaiveGrammar) {
  const fields: (string | null)[] = [];
  let position = 0;
  for (;;) {
    if (skipInitialSpace) while (text[position] === ' ') position++;
    if (text[position] === quote) {
      const opened = position;
      const field = readQuoted(text, position, quote, backslash);
      const after = field === null ? undefined : text[field.end];
      const proper = field !== null && (after === undefined || [delimiter, '\n', '\r'].includes(after));
      if (!proper) {
        const [broken = ''] = /^[^\r\n]*/.exec(text.slice(opened)) ?? [];
        const raw = text.slice(0, opened) + broken;
        return { fields: null, raw, length: raw.length + lineEndAt(text, raw.length) };
      }
      fields.push(field.text);
      position = field.end;
    } else {
      let end = position;
      while (end < text.length && ![delimiter, '\n', '\r'].includes(text[end]!)) end++;
      fields.push(end === position ? null : text.slice(position, end));
      position = end;
    }
    if (text[position] === delimiter) {
      position++;
      continue;
    }
    return { fields, raw: text.slice(0, position), length: position + lineEndAt(text, position) };
  }
}

const lineEndAt = (text: string, position: number) => /^(\r\n|\n|\r)?/.exec(text.slice(position))![0].length;

function readQuoted(
  text: string,
  open: number,
  quote: string,
  backslash: boolean,
): { text: string; end: number } | null {
  let content = '';
  for (let position = open + 1; position < text.length; position++) {
    const code = text[position]!;
    const next = text[position + 1];
    if (code === quote && next !== quote) return { text: content, end: position + 1 };
    if (code === quote || (backslash && code === '\\' && (next === quote || next === '\\'))) position++;
    else if (backslash && code === '\\' && next !== undefined && next !== '\r' && next !== '\n') {
      content += code;
      position++;
    }
    content += text[position];
  }
  return null;
}
