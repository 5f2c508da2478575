import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateFlag } from './evaluate-flag.ts';
import { buckets, flagBucket } from './flag-bucket.ts';
import type { StoredFlag } from './stored-flags.ts';

const untargeted: StoredFlag = {
  codename: 'FF_TEST',
  isActive: true,
  rollout: 100,
  splitBy: 'user',
  expiresAt: null,
  users: new Map(),
  tenants: new Map(),
};
const ann = '01900000-0000-7000-8000-000000000001';
const bob = '01900000-0000-7000-8000-000000000002';
const acme = '01900000-0000-7000-8000-0000000000aa';

test('a flag that is declared and not stored is what the code says; one that is neither is an error', () => {
  expect(evaluateFlag(undefined, true, {})).toEqual({ value: true, reason: 'DEFAULT' });
  expect(evaluateFlag(undefined, undefined, {})).toEqual({
    value: false,
    reason: 'ERROR',
    errorCode: 'FLAG_NOT_FOUND',
  });
});

test('from the millisecond of its expiry on a flag is what the code says, also one that was switched off', () => {
  const flag = { ...untargeted, isActive: false, expiresAt: 1000 };
  expect(evaluateFlag(flag, true, {}, () => 999)).toEqual({ value: false, reason: 'DISABLED' });
  expect(evaluateFlag(flag, true, {}, () => 1000)).toEqual({ value: true, reason: 'DEFAULT' });
});

test('off is off, whatever its targets and the code say', () => {
  const flag = { ...untargeted, isActive: false, users: new Map([[ann, true]]) };
  expect(evaluateFlag(flag, true, { userId: ann })).toEqual({ value: false, reason: 'DISABLED' });
});

test('the user counts before the organization, and both before the rollout', () => {
  const flag = { ...untargeted, rollout: 0, users: new Map([[bob, false]]), tenants: new Map([[acme, true]]) };
  expect(evaluateFlag(flag, false, { userId: ann, tenantId: acme })).toEqual({
    value: true,
    reason: 'TARGETING_MATCH',
  });
  expect(evaluateFlag(flag, false, { userId: bob, tenantId: acme })).toEqual({
    value: false,
    reason: 'TARGETING_MATCH',
  });
  expect(evaluateFlag(flag, false, { userId: ann })).toEqual({ value: false, reason: 'DEFAULT' });
});

test('without targets a flag that is on for all or for none is static', () => {
  expect(evaluateFlag(untargeted, false, {})).toEqual({ value: true, reason: 'STATIC' });
  expect(evaluateFlag({ ...untargeted, rollout: 0 }, true, {})).toEqual({ value: false, reason: 'STATIC' });
});

test('a rollout needs somebody to roll out to; without them what the code says holds', () => {
  const flag = { ...untargeted, rollout: 50, splitBy: 'tenant' } as const;
  expect(evaluateFlag(flag, true, { userId: ann })).toEqual({
    value: true,
    reason: 'ERROR',
    errorCode: 'TARGETING_KEY_MISSING',
  });
  expect(evaluateFlag(flag, true, { tenantId: acme })).toMatchObject({ reason: 'SPLIT' });
});

const percent = fc.integer({ min: 1, max: buckets - 1 }).map((hundredths) => hundredths / 100);

test('whoever has a flag keeps it while its rollout grows, whatever else is asked meanwhile', () => {
  fc.assert(
    fc.property(fc.uuid(), percent, percent, (userId, one, other) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      const has = (rollout: number) => evaluateFlag({ ...untargeted, rollout }, false, { userId }).value;
      expect(has(less)).toBe(has(less));
      if (has(less)) expect(has(more)).toBe(true);
    }),
  );
});

test('a rollout reaches the part that it names, in every tenth of the buckets alike, and other people for each flag', () => {
  const ids = Array.from(
    { length: 20_000 },
    (_, index) => `01900000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
  );
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const id of ids) tenths[Math.floor(flagBucket('FF_TEST', id) / 1000)]! += 1;
  // chi-squared with 9 degrees of freedom: above 27.9 once in a thousand. The ids are fixed, so it is always the same.
  const chiSquared = tenths.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chiSquared).toBeLessThan(27.9);
  const both = ids.filter((id) => flagBucket('FF_TEST', id) < 5000 && flagBucket('FF_OTHER', id) < 5000).length;
  expect(both / ids.length).toBeCloseTo(0.25, 1);
});

test('where somebody stands is decided for good: a release that moved them would take away what they have', () => {
  expect([ann, bob, acme].map((id) => flagBucket('FF_TEST', id))).toMatchInlineSnapshot(`
    [
      8057,
      3630,
      2935,
    ]
  `);
});
