import { expect, test } from 'vitest';
import { readInProcess } from '../testing/read-in-process.ts';

const rows = [
  { id: '007', age: 12, when: '03/04/2020', note: { a: 1 } },
  { id: '008', age: -999, when: null, note: 'x' },
  { id: 'nine', age: 13, when: '05/04/2020', note: [1] },
  { id: 10, age: 'NA', when: '6/4/2020', note: 3 },
];
const forms = [
  ['rows.json', JSON.stringify(rows)],
  ['rows.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join('')],
] as const;

test.each(forms)(
  'the user says in %s what types columns have, what is NULL and how dates are written',
  async (name, text) => {
    const table = await readInProcess(name, text, {
      types: { id: 'bigint', age: 'numeric', note: 'text' },
      dateOrder: 'day-month-year',
      columns: { age: { nullValues: ['NA', '-999'] } },
    });
    expect(table.types).toEqual(['id bigint', 'age numeric', 'when date', 'note text']);
    expect(table.csv).toBe('7,12,2020-04-03,"{""a"":1}"\n8,,,x\n10,,2020-04-06,3\n');
    expect(table).toMatchObject({ inputRows: 4, cleanRows: 3, quarantinedRows: 1 });
    expect(table.quarantine).toMatchObject([
      { reason: '"nine" is no whole number, and the column is to be bigint', column: 'id' },
    ]);
    expect(table.columns[1]?.evidence).toMatchObject({
      nulls: 2,
      nullSpellings: [
        { value: '-999', count: 1, applied: true },
        { value: 'NA', count: 1, applied: true },
      ],
    });
  },
);

test('without a word, a string is what JSON says that it is', async () => {
  const { types, csv } = await readInProcess('a.jsonl', '{"a":"NA","b":1}\n{"a":"1","b":2}\n');
  expect([types, csv]).toEqual([['a text', 'b bigint'], 'NA,1\n1,2\n']);
});

test('any value can be JSON if the user says so', async () => {
  const { types, csv } = await readInProcess('a.jsonl', '{"a":"NA"}\n{"a":1}\n{"a":[]}\n', { types: { a: 'jsonb' } });
  expect([types, csv]).toEqual([['a jsonb'], '"""NA"""\n1\n[]\n']);
});
