import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalBytes, canonicalEntry } from './canonical-entry.ts';

const place = { sequence: 1, previous: '0'.repeat(64) };
const event = (details: string) => ({ event: `{"id": "e", "details": ${details}}`, details });
const text = (details: string) => canonicalEntry(place, event(details)).toString();

// RFC 8785, 3.2.2 and 3.2.3
test('keys, numbers and strings are written as the RFC does', () => {
  const input = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
  expect(canonicalBytes(JSON.parse(input)).toString()).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
  const keys = {
    '\u20ac': 'Euro',
    '\r': 'CR',
    '\ufb33': 'Dalet',
    1: 'One',
    '\ud83d\ude00': 'Smiley',
    '\u0080': 'Control',
    ö: 'o',
  };
  expect(Object.keys(JSON.parse(canonicalBytes(keys).toString()))).toHaveLength(7);
  expect(
    [
      ...canonicalBytes(keys)
        .toString()
        .matchAll(/:"(\w+)"/g),
    ].map(([, name]) => name),
  ).toEqual(['CR', 'One', 'Control', 'o', 'Euro', 'Smiley', 'Dalet']);
});

test('an entry is the same bytes whatever order and blanks its event came in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (details) => {
      const given = JSON.stringify(details);
      const reversed = JSON.stringify(Object.fromEntries(Object.entries(details).reverse()), null, 2);
      expect(text(reversed)).toBe(text(given));
      expect(JSON.parse(text(given)).event.details).toEqual(JSON.parse(given));
    }),
  );
});

test.each(['9007199254740993', '0.1000000000000000055511151231257827', `1${'0'.repeat(400)}`, '123456789012345678.5'])(
  'details with %s, which no double holds, stand there as their text',
  (number) => {
    expect(JSON.parse(text(`{"n": ${number}}`)).event.details).toBe(`{"n": ${number}}`);
  },
);

test.each([
  '9007199254740992',
  '0.1',
  '1000000000000000000000',
  '-0.000001',
  '123456.789',
  '0.00000000000000000000000000012',
])('details with %s stay what they are', (number) => {
  expect(JSON.parse(text(`{"n": ${number}}`)).event.details).toEqual({ n: Number(number) });
});

test('every double that JavaScript writes is exact', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
      expect(JSON.parse(text(`{"n":${JSON.stringify(n)}}`)).event.details).toEqual({ n: n === 0 ? 0 : n });
    }),
  );
});

test('the hash of an entry does not change with the library', () => {
  const entry = canonicalEntry(place, event('{"b": [1, 2.50], "a": "ü"}'));
  expect(entry.toString()).toBe(
    `{"event":{"details":{"a":"ü","b":[1,2.5]},"id":"e"},"previous":"${place.previous}","sequence":1}`,
  );
  expect(createHash('sha256').update(entry).digest('hex')).toMatchInlineSnapshot(
    `"e008f0fd95cb0bd48f27833ee8dc2142b1bb243c95e2b7cded0d5d61bcd9fa56"`,
  );
});
