import { createDatabase } from '@granary/db';
import pg from 'pg';
import { expect, test } from 'vitest';
import { declarationOf, declaredFlags } from './declared-flags.ts';
import { Flags } from './flags.ts';

test('a flag that is not declared cannot be asked for', async () => {
  const pool = new pg.Pool(); // never connects: nothing is read
  const flags = new Flags(createDatabase(pool, { prepared: false }));
  expect(flags.isOn('FF_ENABLE_REGISTRATION')).toBe(declaredFlags.FF_ENABLE_REGISTRATION.default);
  // @ts-expect-error: the type check is what this tests
  expect(flags.isOn('FF_ENABLE_REGISTRATON')).toBe(false);
  await pool.end();
});

test('a name from outside is never taken for a property that every object has', () => {
  expect(declarationOf(declaredFlags, 'constructor')).toBeUndefined();
  expect(declarationOf(declaredFlags, '__proto__')).toBeUndefined();
});
