import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonReader, jsonIncomplete, jsonInvalid } from './json-reader.ts';

function skip(text: string): { end: number; trouble: string | null } {
  const bytes = Buffer.from(`${text}\n`);
  const json = new JsonReader();
  return { end: json.skipValue(bytes, 0, bytes.length - 1), trouble: json.trouble };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts that are JSON, or nearly. */
const nearlyJson = fc.oneof(
  fc.json(),
  fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('"', '\\', '{', '}', ',', ':', '0', 'e', '-', '\\u12', '\t', '\n', '['))
    .map(([text, at, extra]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + extra + text.slice(position);
    }),
  fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '.5',
        'e',
        '0',
        '\\',
        '\\n',
        '\\u00e9',
        ' ',
        'true',
        'nul',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

test('a value ends where JSON.parse says that it is whole', () => {
  fc.assert(
    fc.property(nearlyJson, (raw) => {
      const text = raw.trim();
      // a number may go on behind the end of what was read: a blank ends it
      const { end } = skip(`${text} `);
      expect(end === Buffer.byteLength(text)).toBe(text !== '' && isJson(text));
    }),
    { numRuns: 5000 },
  );
});

test('every proper beginning of a value is incomplete, never invalid and never whole', () => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.array(fc.jsonValue())), (value) => {
      const text = JSON.stringify(value).replace(/\P{ASCII}/gu, '?');
      for (let length = 1; length < text.length; length++) expect(skip(text.slice(0, length)).end).toBe(jsonIncomplete);
      expect(skip(text).end).toBe(text.length);
    }),
    { numRuns: 200 },
  );
});

test('what jsonb would refuse or lose is noticed', () => {
  expect(skip('{"a":"\\u0000"}').trouble).toBe('nul');
  expect(skip('["\\ud800"]').trouble).toBe('surrogate');
  expect(skip('["\\udc00x"]').trouble).toBe('surrogate');
  expect(skip('["\\ud83d\\ude00"]').trouble).toBe(null);
  expect(skip('[{"a":1,"b":{"a":2}}]').trouble).toBe(null);
  expect(skip('[{"a":1,"b":2,"a":3}]').trouble).toBe('duplicate key');
  expect(skip('[{"a":1,"\\u0061":3}]').trouble).toBe('duplicate key');
  expect(skip('[1e5000]').trouble).toBe('number');
});

test('nesting too deep for Postgres is refused without exhausting the stack', () => {
  expect(skip('['.repeat(100_000)).end).toBe(jsonInvalid);
  expect(skip(`${'['.repeat(400)}${']'.repeat(400)}`).end).toBe(800);
});
