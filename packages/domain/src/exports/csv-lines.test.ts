import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvHeader, csvLines } from './csv-lines.ts';

const columnsOf = (count: number, type: 'text' | 'bigint' = 'text') =>
  Array.from({ length: count }, (_, at) => ({ name: `c${at}`, originalName: `C ${at}`, type, chunk: 1 }));
const plain = { escapeFormulas: false };

/** RFC 4180, read by somebody else's rules: null is nothing, an empty text is a pair of quotes. */
function parse(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    const [, raw = '', end] = match;
    row.push(raw === '' ? null : raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

test('what is written is read back, whatever the cells hold', () => {
  const character = fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é', '=');
  const cells = fc.option(fc.string({ unit: character, maxLength: 6 }), { nil: null });
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) => fc.array(fc.array(cells, { minLength: width, maxLength: width }), { maxLength: 8 }));
  fc.assert(
    fc.property(table, (rows) => {
      expect(parse(csvLines(rows, columnsOf(rows[0]?.length ?? 2), plain))).toEqual(rows);
    }),
  );
});

test('null and the empty text are told apart', () => {
  expect(csvLines([[null, '', 'x']], columnsOf(3), plain)).toBe(',"",x\r\n');
});

test('a single null is no empty line, which readers skip', () => {
  expect(csvLines([[null], ['a']], columnsOf(1), plain)).toBe('""\r\na\r\n');
});

test('text that a spreadsheet would run is disarmed on request, in the header too; numbers keep their minus', () => {
  const disarmed = { escapeFormulas: true };
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\n=x', '＝1', '＋1', '－1', '＠x'];
  expect(parse(csvLines([formulas], columnsOf(formulas.length), disarmed))[0]).toEqual(
    formulas.map((text) => `'${text}`),
  );
  expect(csvLines([['-1']], columnsOf(1, 'bigint'), disarmed)).toBe('-1\r\n');
  expect(csvHeader(['=cmd()', 'a'], disarmed)).toBe("'=cmd(),a\r\n");
  expect(csvLines([['=1+1']], columnsOf(1), plain)).toBe('=1+1\r\n');
});

test('another delimiter and another spelling of null are told apart from text that looks like them', () => {
  const spelled = { escapeFormulas: false, delimiter: ';', nulls: 'NA' };
  expect(csvLines([[null, 'NA', 'a;b', 'a,b', '']], columnsOf(5), spelled)).toBe('NA;"NA";"a;b";a,b;""\r\n');
});
