import fc from 'fast-check';
import superjson, { type SuperJSONResult } from 'superjson';
import { expect, test } from 'vitest';
import { transformer } from './transformer.ts';

/** What a client reads after the bytes have travelled. */
const received = (serialized: unknown) =>
  superjson.deserialize(JSON.parse(JSON.stringify(serialized)) as SuperJSONResult);

test('a client reads exactly what superjson alone would have given it', () => {
  const special = fc.constantFrom(
    undefined,
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    10n,
    new Date(0),
    new Map([[1, 2]]),
  );
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string(),
      fc.double(),
      fc.constantFrom(true, false, null),
      special,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b.c', 'json', 'meta'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      expect(received(transformer.output.serialize(value))).toEqual(received(superjson.serialize(value)));
    }),
  );
});

test('what JSON says exactly is sent as it is', () => {
  const page = { rows: [[1, 'a', null, true]], nextCursor: null };
  expect(transformer.output.serialize(page)).toEqual({ json: page });
  expect((transformer.output.serialize(page) as { json: unknown }).json).toBe(page);
});

test('people’s JSON may have keys that superjson would refuse', () => {
  const cell: unknown = JSON.parse('{"constructor":1,"prototype":3}');
  expect(JSON.stringify(received(transformer.output.serialize({ rows: [[cell]] })))).toBe(
    '{"rows":[[{"constructor":1,"prototype":3}]]}',
  );
});
