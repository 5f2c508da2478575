import { expect, test } from 'vitest';
import { createTestDatabase } from './testing/index.ts';

const database = await createTestDatabase();
const pool = database.pool('postgres', { poolSize: 1 });
const value = async (expression: string) => (await pool.query(`select ${expression} as value`)).rows[0].value;

test('values have the types that types.gen.ts says', async () => {
  expect(await value('9007199254740991::bigint')).toBe(9007199254740991);
  expect(await value('12345678901234567890.10::numeric')).toBe('12345678901234567890.10');
  expect(await value("date '2026-02-28'")).toBe('2026-02-28');
  expect(await value("timestamp '2026-02-28 10:00:00.5'")).toBe('2026-02-28T10:00:00.5');
  expect(await value(`'{"a":[1]}'::jsonb`)).toEqual({ a: [1] });
  expect(await value("'\\x00ff'::bytea")).toEqual(Buffer.from([0, 255]));
  expect(await value('true')).toBe(true);
  expect(await value('null::bigint')).toBeNull();
});

test.for([
  ['UTC', '2026-11-21T09:02:00.123456Z'],
  ['Asia/Kolkata', '2026-11-21T14:32:00.123456+05:30'],
  ['America/New_York', '2026-11-21T04:02:00.123456-05:00'],
])('in the time zone %s an instant keeps its microseconds', async ([zone, expected]) => {
  await pool.query(`select set_config('timezone', $1, false)`, [zone]);
  const text = await value("timestamptz '2026-11-21 09:02:00.123456+00'");
  expect(text).toBe(expected);
  expect(Date.parse(text)).toBe(Date.UTC(2026, 10, 21, 9, 2, 0, 123));
});

test('a bigint beyond 2^53 is an error, not a rounded number', async () => {
  await expect(value('9007199254740993::bigint')).rejects.toThrow('does not fit');
});
