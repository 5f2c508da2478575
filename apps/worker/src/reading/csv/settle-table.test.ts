import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import type { DialectOverrides } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import { knownGrammar, settleTable } from './settle-table.ts';

/** Settles a text and tells what matters of it in short. */
function settle(text: string, overrides: DialectOverrides = {}) {
  const buffer = Buffer.from(`${text}\n`);
  const table = settleTable(
    { buffer, limit: buffer.length - 1, atEnd: true },
    overrides,
    knownGrammar(overrides),
    1000,
  );
  const { delimiter, quote, backslash, skipInitialSpace } = table.grammar;
  return {
    delimiter: String.fromCharCode(delimiter),
    quote: quote === null ? null : String.fromCharCode(quote),
    backslash,
    skipInitialSpace,
    names: table.start.header.length > 0 ? table.start.names : null,
    columns: table.columns,
    skippedLines: table.skippedLines,
    notes: table.start.notes,
  };
}

test('delimiters are told by rows of equal width', () => {
  expect(settle('a,b\n1,2\n')).toMatchObject({ delimiter: ',', names: ['a', 'b'] });
  expect(settle('a;b\n1,5;2,5\n3,5;4,5\n')).toMatchObject({ delimiter: ';', names: ['a', 'b'] });
  expect(settle('a\tb, c\n1\tx, y\n2\tz\n')).toMatchObject({ delimiter: '\t', names: ['a', 'b, c'] });
  expect(settle('a|b|c\n1|2|3\n')).toMatchObject({ delimiter: '|', columns: 3 });
  expect(settle('id;note\n1;"a, b, c"\n2;"d, e, f"\n')).toMatchObject({ delimiter: ';', columns: 2 });
});

test('a text that no delimiter parts is one column, if its lines are values', () => {
  expect(settle('name\nAmsterdam\nNew York\nSão Paulo\n')).toMatchObject({ columns: 1, names: ['name'] });
  expect(settle('12\n7\n9\n')).toMatchObject({ columns: 1, names: null });
});

test('prose is not a table', () => {
  const prose =
    'It was the best of times, it was the worst of times.\nNobody knew, and few asked.\nThen came the winter of despair, long and cold.\n';
  expect(() => settle(prose)).toThrow(ReadError);
  expect(settle(prose, { delimiter: ',' })).toMatchObject({ delimiter: ',' });
});

test('quotes are settled by what leaves no fault', () => {
  expect(settle('a,b\n1,"x \\"y\\" z"\n2,"\\"q\\", r"\n')).toMatchObject({ quote: '"', backslash: true });
  expect(settle("a,b\n1,'x, y'\n2,'z, w'\n3,'q'\n")).toMatchObject({ quote: "'", columns: 2 });
  expect(settle('a\tb\n1\t"hello" she said\n2\t"no" he said\n')).toMatchObject({ quote: null });
  expect(settle("a,b\n1,it's\n2,'tis\n")).toMatchObject({ quote: '"' });
});

test('blanks after nearly every delimiter belong to the delimiter', () => {
  expect(settle('39, State-gov, 77516\n50, Private, 83311\n38, Private, 215646\n')).toMatchObject({
    skipInitialSpace: true,
  });
  expect(settle('a,b\nx, y\nz,w\nq,r\n')).toMatchObject({ skipInitialSpace: false });
});

test('a header is text above numbers, or distinct names above text', () => {
  expect(settle('id,name\n1,x\n2,y\n').names).toEqual(['id', 'name']);
  expect(settle('name,city\nAda,London\nAlan,Wilmslow\n').names).toEqual(['name', 'city']);
  expect(settle('kitten,win').names).toEqual(['kitten', 'win']);
  expect(settle('country,2000,2001,2002\nNL,1,2,3\nBE,4,5,6\n').names).toEqual(['country', '2000', '2001', '2002']);
});

test('there is no header where the first row is like the others', () => {
  expect(settle('1,a\n2,b\n3,c\n').names).toBe(null);
  expect(settle('foo\nfoo\nfoo\n').names).toBe(null);
  expect(settle('male,yes\nfemale,no\nmale,no\nfemale,yes\n').names).toBe(null);
  expect(settle('id,name\n1,x\n', { hasHeader: false }).names).toBe(null);
  expect(settle('1,2\n3,4\n', { hasHeader: true }).names).toEqual(['1', '2']);
});

test('titles, blank lines and comments above the table are skipped', () => {
  expect(settle('My report\n\nid,name\n1,x\n2,y\n')).toMatchObject({ names: ['id', 'name'], skippedLines: 2 });
  expect(settle('Report,,\nof 2020,,\n,,\nid,name,n\n1,x,2\n2,y,3\n')).toMatchObject({
    names: ['id', 'name', 'n'],
    skippedLines: 3,
  });
  expect(settle('# made by R\n# on a Monday\nid,name\n1,x\n')).toMatchObject({
    names: ['id', 'name'],
    skippedLines: 2,
  });
  expect(settle('#id\tname\n1\tx\n2\ty\n')).toMatchObject({ names: ['#id', 'name'], skippedLines: 0 });
  expect(settle('junk\nid,name\n1,x\n', { skipLines: 1 })).toMatchObject({ names: ['id', 'name'], skippedLines: 1 });
});

test('a header with one name less or more than the rows have fields still names them', () => {
  expect(settle('a,b\nr1,1,2\nr2,3,4\nr3,5,6\n')).toMatchObject({ names: ['', 'a', 'b'] });
  expect(settle('a,b\n1,2,\n3,4,\n5,6,\n')).toMatchObject({ names: ['a', 'b', ''] });
  expect(settle('a,b,\n1,2\n3,4\n5,6\n')).toMatchObject({ names: ['a', 'b'] });
});

test('a second header row is reported and kept as a row', () => {
  expect(settle('name,weight,height\n,kg,cm\nAda,55,165\nAlan,70,178\nGrace,60,160\nKurt,60,170\n').notes).toEqual([
    'Line 2 looks like another header row; it is kept as a row. headerRows says how many rows the header has.',
  ]);
});

test('more columns than are allowed are refused', () => {
  expect(() => settle(`${'x,'.repeat(1000)}x\n${'1,'.repeat(1000)}1\n`)).toThrow(
    'The file has 1001 columns; 1000 are allowed.',
  );
});
