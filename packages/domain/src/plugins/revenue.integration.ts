import { createTestDatabase } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { revenueParameters } from './revenue-parameters.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { rows: models } = await owner.query<{ parameters: unknown }>(
  'select parameters from revenue_models where is_current',
);
const parameters = revenueParameters.parse(models[0]?.parameters);

interface Inputs {
  readonly users: number | null;
  readonly kind: string | null;
  readonly price: { readonly cents: number; readonly currency: string; readonly per: 'month' | 'year' | 'once' } | null;
  readonly slugs: readonly string[];
}

async function estimated({ users, kind, price, slugs }: Inputs) {
  const { rows } = await owner.query(
    `select lower_cents::float8 as lower, upper_cents::float8 as upper, point_cents::float8 as point, basis
     from app.estimate_revenue($1, $2::bigint, $3, $4::numeric, $5, $6, $7)`,
    [parameters, users, kind, price && price.cents / 100, price?.currency ?? null, price?.per ?? null, slugs],
  );
  return rows[0];
}

/** The model as docs/adr/0034 words it, in another arithmetic. */
function byHand({ users, kind, price, slugs }: Inputs, by: z.infer<typeof revenueParameters>) {
  if (users === null) return undefined;
  const bounds = (lower: number, upper: number, basis: string) => {
    const cap = users * by.capUsdPerUser;
    return { lower: 100 * Math.min(lower, cap), upper: 100 * Math.min(upper, cap), basis };
  };
  if (slugs.some((slug) => by.bigVendors.includes(slug))) return bounds(0, 0, 'big_vendor');
  const year = (yearly: number, basis: string) =>
    bounds((users * by.lowerConversion * yearly * by.churnMonths) / 12, users * by.upperConversion * yearly, basis);
  if (price) {
    const rate = by.usdPer[price.currency];
    if (rate === undefined) return undefined;
    return year((price.cents / 100) * rate * (price.per === 'month' ? 12 : 1), 'price');
  }
  if (kind === 'free') return bounds(0, 0, 'free');
  const assumed = year(by.assumedUsdPerMonth * 12, 'assumed_price');
  return kind === null || kind === 'unknown' ? { ...assumed, lower: 0, basis: 'unknown_price' } : assumed;
}

const inputs: fc.Arbitrary<Inputs> = fc.record({
  users: fc.option(fc.integer({ min: 0, max: 50_000_000 })),
  kind: fc.option(fc.constantFrom('free', 'free_with_paid_features', 'free_trial', 'paid', 'unknown')),
  price: fc.option(
    fc.record({
      cents: fc.integer({ min: 0, max: 500_000 }),
      currency: fc.constantFrom('USD', 'EUR', 'JPY'),
      per: fc.constantFrom('month', 'year', 'once'),
    }),
  ),
  slugs: fc.subarray(['somebody', 'google']),
});

test('an estimate is what the model says, to the cent', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, async (given) => {
      const expected = byHand(given, parameters);
      const found = await estimated(given);
      if (!expected) {
        expect(found).toBeUndefined();
        return;
      }
      expect(found.basis).toBe(expected.basis);
      expect(Math.abs(found.lower - expected.lower)).toBeLessThanOrEqual(1);
      expect(Math.abs(found.upper - expected.upper)).toBeLessThanOrEqual(1);
      // and what anybody would take for granted of it
      expect(found.lower).toBeLessThanOrEqual(found.point);
      expect(found.point).toBeLessThanOrEqual(found.upper);
      expect(found.upper).toBeLessThanOrEqual(200 * (given.users ?? 0));
    }),
    { numRuns: 300 },
  );
});

test('a free polling add-on and a big vendor’s sign-on earn nothing, not $69M', async () => {
  const free = { users: 1_000_000, kind: 'free', price: null, slugs: [] };
  expect(await estimated(free)).toMatchObject({ lower: 0, upper: 0, point: 0, basis: 'free' });
  const signOn = { users: 33_000_000, kind: null, price: null, slugs: ['google'] };
  expect(await estimated(signOn)).toMatchObject({ upper: 0, basis: 'big_vendor' });
});

test.each([
  { upperConversion: 0.02 },
  { capUsdPerUser: 3 },
  { lowerConversion: 0.01, upperConversion: 0.005 },
  { churnMonths: 0 },
])('parameters beyond what the model allows are refused: %o', (change) => {
  expect(revenueParameters.safeParse({ ...parameters, ...change }).success).toBe(false);
});
