import { createReadStream } from 'node:fs';

type Row = (string | null)[];

/** Rows out of what Postgres' COPY (or csvField) wrote, some at a time: NULL is bare, a text may be quoted. */
export async function* copiedRows(path: string): AsyncGenerator<Row[]> {
  let rest = '';
  for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const { rows, end } = parseRows(rest + piece);
    rest = (rest + piece).slice(end);
    if (rows.length > 0) yield rows;
  }
  if (rest !== '') throw new Error('the rows end in the middle of one');
}

/** All whole rows at the beginning of the text, and where they end. */
export function parseRows(text: string): { rows: Row[]; end: number } {
  const rows: Row[] = [];
  let row: Row = [];
  let end = 0;
  let at = 0;
  let newline = text.indexOf('\n');
  while (newline !== -1 && at < text.length) {
    let cellEnd: number;
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close === -1) break; // or a doubled quote whose second half is still to come
      const cell = text.slice(at + 1, close);
      row.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
      cellEnd = close + 1;
    } else {
      if (newline < at) newline = text.indexOf('\n', at);
      if (newline === -1) break;
      const comma = text.indexOf(',', at);
      cellEnd = comma === -1 || comma > newline ? newline : comma;
      row.push(cellEnd === at ? null : text.slice(at, cellEnd));
    }
    at = cellEnd + 1;
    if (text[cellEnd] !== '\n') continue;
    rows.push(row);
    row = [];
    end = at;
  }
  return { rows, end };
}

/** Where the quote ends whose content begins at `from`; -1 if that cannot be told yet. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1 && at + 1 < text.length; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}
