import { describe, expect, test } from 'vitest';
import type { DialectOverrides } from '../inspection.ts';
import { readInProcess as read } from '../testing/read-in-process.ts';

const refusal = (fileName: string, text: string, overrides: DialectOverrides = {}) =>
  read(fileName, text, overrides).then(
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
    ['one object in a .json file', '{"results":[1,2],"n":{"a":[]}}'],
    ['objects over several lines', '{\n "a": 1}\n{\n "a": [{"b":1}]}\n'],
  ])('%s is refused', async (_, text) => {
    expect(await refusal('a.json', text)).toMatchObject({ kind: 'not_a_table' });
  });

  test('a CSV file that begins with a bracket or brace is still a CSV file', async () => {
    expect(await read('a.csv', '[id],[name]\n1,x\n2,y\n')).toMatchObject({ format: 'csv', cleanRows: 2 });
    expect(await read('a.csv', '{id},n\nx,1\ny,2\n')).toMatchObject({ format: 'csv', cleanRows: 2 });
  });
});

describe('an array somewhere in a JSON file', () => {
  const file = { meta: { page: 1, 'of all': 2 }, data: { total: 2, items: [{ a: 1 }, { a: 2 }] } };

  test.each([0, 2])('is found if it is the only one of objects near the top', async (indent) => {
    const table = await read('a.json', JSON.stringify(file, null, indent));
    expect(table).toMatchObject({ format: 'json', path: '/data/items', inputRows: 2, csv: '1\n2\n' });
    expect(table.notes).toEqual([
      'The rows are the array at /data/items of the JSON file, the only one of objects near its top.',
      'What else the file holds was not read: /meta, /data/total.',
    ]);
  });

  test('has its rows on lines of their own, which is no JSON Lines', async () => {
    const table = await read('a', '{"items": [\n{"id":1},\n7,\n{"id":2}\n]}');
    expect(table).toMatchObject({ path: '/items', inputRows: 3, csv: '1\n2\n' });
    expect(table.quarantine).toMatchObject([{ line: 3, byteOffset: 22, raw: '7', reason: 'it is not a JSON object' }]);
  });

  test('may be the features of GeoJSON', async () => {
    const features = [{ type: 'Feature', properties: { n: 1 }, geometry: null }];
    const table = await read('a.geojson', JSON.stringify({ type: 'FeatureCollection', features }));
    expect(table).toMatchObject({ path: '/features', types: ['type text', 'properties jsonb', 'geometry text'] });
  });

  test('must be named if there are several, by a pointer with its escapes', async () => {
    const several = JSON.stringify({ 'a/b': [{ x: 1 }], 'c~d': { '': [{ y: 2 }, { y: 3 }] }, e: [1] });
    expect(await refusal('a.json', several)).toMatchObject({
      kind: 'choice_needed',
      message: 'The JSON file holds several arrays of objects, and the option path names one: /a~1b (1), /c~0d/ (2).',
      details: { paths: ['/a~1b', '/c~0d/'] },
    });
    expect(await read('a.json', several, { path: '/c~0d/' })).toMatchObject({ path: '/c~0d/', csv: '2\n3\n' });
    expect(await read('a.jsonl', several, { path: '/a~1b' })).toMatchObject({ csv: '1\n' });
  });

  test('may stand in an array, or be the file itself', async () => {
    expect((await read('a.json', '[[1],{"rows":[{"a":1}]}]', { path: '/1/rows' })).csv).toBe('1\n');
    expect((await read('a.json', '[{"a":1}]', { path: '' })).csv).toBe('1\n');
  });

  test('that is not there, or is none, is an error of who named it', async () => {
    for (const path of ['/data', '/data/items/0', '/none', ''])
      expect(await refusal('a.json', JSON.stringify(file), { path })).toMatchObject({
        kind: 'bad_options',
        message: `There is no array at "${path}" in the JSON file.`,
      });
    expect(await refusal('a.csv', 'a,b\n1,2\n', { path: '/a' })).toMatchObject({ kind: 'bad_options' });
  });

  test.each([
    ['cut off behind the array', '{"a":[{"x":1}],\n"b":'],
    ['cut off in the array', '{"a":[{"x":1},\n{"x'],
    ['not valid behind the array', '{"a":[{"x":1}]\n"b":2}'],
    ['not valid before it', '{"b":[1,],\n"a":[{"x":1}]}'],
    ['twice under one key', '{"a":[{"x":1}],\n"a":[{"x":2}]}', '/a'],
  ])('in a file that is %s is refused, not half read', async (_, text, pointer?: string) => {
    expect(await refusal('a.json', text, { path: pointer ?? '/a' })).toMatchObject({ kind: 'corrupt' });
    if (pointer === undefined) expect(await refusal('a.json', text)).toMatchObject({ kind: 'corrupt' });
  });

  test('is found behind a first line that is longer than what a file is told by', async () => {
    const filler = 'x'.repeat(200_000);
    expect(await read('a', `{"f":"${filler}","rows":[{"a":1},{"a":2}]}`)).toMatchObject({
      path: '/rows',
      inputRows: 2,
    });
    const line = JSON.stringify({ f: filler, list: [{ a: 1 }] });
    expect(await read('a', `${line}\n${line}\n`)).toMatchObject({ format: 'jsonl', inputRows: 2 });
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
