import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines } from './json-lines.ts';

test('numbers keep every digit, and what is no JSON number is a word', () => {
  const columns = [
    { name: 'a', type: 'bigint' },
    { name: 'b', type: 'numeric' },
    { name: 'c', type: 'double precision' },
    { name: 'd', type: 'boolean' },
    { name: 'e', type: 'jsonb' },
  ] as const;
  const rows = [
    ['9007199254740993', '123456789012345678901234567890.50', '1e-05', 'true', '{"k": [1, null]}'],
    ['-1', 'NaN', '-Infinity', 'false', '"x"'],
    [null, null, null, null, 'null'],
  ];
  expect(jsonLines(rows, columns).split('\n')).toEqual([
    '{"a":9007199254740993,"b":123456789012345678901234567890.50,"c":1e-05,"d":true,"e":{"k": [1, null]}}',
    '{"a":-1,"b":"NaN","c":"-Infinity","d":false,"e":"x"}',
    '{"a":null,"b":null,"c":null,"d":null,"e":null}',
    '',
  ]);
});

test('any text is one line, and comes back', () => {
  const columns = [{ name: 'x', type: 'text' }] as const;
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }), { nil: null })), (cells) => {
      const lines = jsonLines(
        cells.map((cell) => [cell]),
        columns,
      ).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => JSON.parse(line).x)).toEqual(cells);
    }),
  );
});
