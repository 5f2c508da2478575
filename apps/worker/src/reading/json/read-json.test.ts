import { describe, expect, test } from 'vitest';
import { readInProcess as read } from '../testing/read-in-process.ts';

const refusal = (fileName: string, text: string) =>
  read(fileName, text).then(
    () => null,
    (error: unknown) => error,
  );

describe('an array of objects', () => {
  test('has the union of all keys as columns, in the order in which they first come', async () => {
    const table = await read('a.json', '[{"b":1,"a":"x"},\n {"c":true,"a":null},\n {}]\n');
    expect(table).toMatchObject({ format: 'json', inputRows: 3, types: ['b bigint', 'a text', 'c boolean'] });
    expect(table.csv).toBe('1,x,\n,,true\n,,\n');
  });

  test('may be written in any way that is JSON', async () => {
    expect((await read('a.json', '  [ { "a" :\t1 }\r\n,{"a":2}]  ')).csv).toBe('1\n2\n');
    expect((await read('a.json', '\ufeff[{"\\u0061":1},{"a":2}]')).types).toEqual(['a bigint']);
  });

  test('that is cut off, or goes on after its end, is corrupt and says where', async () => {
    for (const text of [
      '[{"a":1},\n{"a":2}',
      '[{"a":1},\n{"a',
      '[{"a":1},\n',
      '[{"a":1} {"a":2}]',
      '[{"a":1},]',
      '[{"a":1}] x',
      '[{"a":01}]',
    ]) {
      expect(await refusal('a.json', text)).toMatchObject({
        kind: 'corrupt',
        message: expect.stringMatching(/line [12]/),
      });
    }
  });

  test('sets elements apart that are no objects', async () => {
    const table = await read('a.json', '[{"a":1},\n5,\n[1],\n{"a":2}]');
    expect(table).toMatchObject({ inputRows: 4, cleanRows: 2, csv: '1\n2\n' });
    expect(table.quarantine).toEqual([
      { line: 2, byteOffset: 10, raw: '5', reason: 'it is not a JSON object', column: null },
      { line: 3, byteOffset: 13, raw: '[1]', reason: 'it is not a JSON object', column: null },
    ]);
  });
});

describe('JSON Lines', () => {
  test('are told by content, whatever the name', async () => {
    expect(await read('a.txt', '{"a":1}\n\n{"a":2}\n')).toMatchObject({ format: 'jsonl', inputRows: 2, csv: '1\n2\n' });
    expect(await read('a.jsonl', '{"a":1}')).toMatchObject({ format: 'jsonl', inputRows: 1 });
  });

  test('set bad lines apart', async () => {
    const table = await read(
      'a.jsonl',
      '{"a":1}\n{"a":2\n{"a":1,"a":2}\n"x"\n{"a":"\\u0000"}\n{"a":"\\ud800"}\n{"a":3} x\n{"a":4}',
    );
    expect(table).toMatchObject({ inputRows: 8, cleanRows: 2, csv: '1\n4\n' });
    expect(table.quarantine.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '2: it is not valid JSON',
      '3: the key "a" appears twice',
      '4: it is not a JSON object',
      '5: it holds \\u0000, which no text in Postgres can hold',
      '6: it holds half a surrogate pair, which is no text',
      '7: something follows the object',
    ]);
  });
});

describe('types', () => {
  const column = async (...values: string[]) => {
    const table = await read('a.jsonl', values.map((value) => `{"x":0,"a":${value}}\n`).join(''));
    return [table.columns[1]!.type, table.csv.replace(/^0,/gm, '')];
  };

  test('numbers keep every digit, also those that a double would round', async () => {
    expect(await column('1', '2')).toEqual(['bigint', '1\n2\n']);
    expect(await column('12345678901234567890123', '1')).toEqual(['numeric', '12345678901234567890123\n1\n']);
    expect(await column('0.12345678901234567890', '1e2')).toEqual(['numeric', '0.12345678901234567890\n1e2\n']);
    expect(await column('1.50', '-0.0')).toEqual(['double precision', '1.50\n-0.0\n']);
  });

  test('a string is text even if it looks like a number or a truth', async () => {
    expect(await column('"1"', '"007"')).toEqual(['text', '1\n007\n']);
    expect(await column('"true"', '"false"')).toEqual(['text', 'true\nfalse\n']);
    expect(await column('1', '"x"', 'true')).toEqual(['text', '1\nx\ntrue\n']);
  });

  test('strings that are dates, times or UUIDs get those types', async () => {
    expect((await column('"2020-01-31"', 'null', '""'))[0]).toBe('date');
    expect((await column('"2020-01-31T10:00:00Z"'))[0]).toBe('timestamptz');
    expect((await column('"550e8400-e29b-41d4-a716-446655440000"'))[0]).toBe('uuid');
  });

  test('nested values are jsonb, and so is all that stands beside them', async () => {
    expect(await column('{"k":[1, 2]}', '"s"', '1.50', 'null', '""')).toEqual([
      'jsonb',
      '"{""k"":[1, 2]}"\n"""s"""\n1.50\n\n""""""\n',
    ]);
  });

  test('what jsonb would not give back whole stays text', async () => {
    expect(await column('{"k":1,"k":2}', '{}')).toEqual(['text', '"{""k"":1,""k"":2}"\n{}\n']);
  });

  test('escapes are undone, and what CSV would misread is quoted', async () => {
    expect(await column('"a\\"b\\n\\u00e9,\\\\"', '""', 'null')).toEqual(['text', '"a""b\né,\\"\n""\n\n']);
  });
});

describe('JSON that is no table', () => {
  test.each([
    ['an array of numbers', '[1, 2, 3]'],
    ['an array of arrays', '[[1,2],[3,4]]'],
    ['an empty array', '[]'],
    ['an array of empty objects', '[{},{}]'],
    ['one object over several lines', '{\n "a": 1,\n "b": [1]\n}\n'],
    ['one object in a .json file', '{"results":[{"a":1}]}'],
  ])('%s is refused', async (_, text) => {
    expect(await refusal('a.json', text)).toMatchObject({ kind: 'not_a_table' });
  });

  test('a CSV file that begins with a bracket or brace is still a CSV file', async () => {
    expect(await read('a.csv', '[id],[name]\n1,x\n2,y\n')).toMatchObject({ format: 'csv', cleanRows: 2 });
    expect(await read('a.csv', '{id},n\nx,1\ny,2\n')).toMatchObject({ format: 'csv', cleanRows: 2 });
  });
});

test('an array larger than a window is read the same', async () => {
  const text = 'long "text"\n'.repeat(200);
  const records = Array.from({ length: 3000 }, (_, index) => ({ id: index, text, nested: { index } }));
  const table = await read('a.json', JSON.stringify(records));
  expect(table).toMatchObject({ inputRows: 3000, cleanRows: 3000, types: ['id bigint', 'text text', 'nested jsonb'] });
  const quoted = text.replaceAll('"', '""');
  expect(table.csv).toBe(records.map(({ id }) => `${id},"${quoted}","{""index"":${id}}"\n`).join(''));
});
