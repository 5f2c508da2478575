import { expect, test } from 'vitest';
import { formatTable, printable } from './table.ts';

test('a table has columns of equal width, numbers to the right, and no blanks at line ends', () => {
  const table = formatTable(
    ['name', 'rows', 'state'],
    [
      ['zipcodes', 42_049, 'ready'],
      ['a', 7, ''],
    ],
  );
  expect(table.split('\n')).toEqual(['name        rows  state', 'zipcodes  42,049  ready', 'a              7']);
});

test('a column of text stays as it is, also where a cell looks like a number', () => {
  expect(formatTable(['zip'], [['00501'], ['x']])).toBe('zip\n00501\nx');
});

test('data can neither end a line nor send the terminal a command', () => {
  expect(printable('one\ntwo\u001b[2J\u009b')).toBe('one\\ntwo\\u001b[2J\\u009b');
  expect(printable('gpj.\u202eexe')).toBe('gpj.\\u202eexe');
  expect(formatTable(['a'], [['x\r\ny']]).split('\n')).toHaveLength(2);
});
