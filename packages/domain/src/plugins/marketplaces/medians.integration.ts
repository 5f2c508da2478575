import { randomUUID } from 'node:crypto';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { executeAction } from '../../actions/execute-action.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { type StoredPlugin, storePlugins } from '../../testing/stored-plugins.ts';
import { marketplaceStats } from './marketplace-stats.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as } = await createTestOrganization(owner, 'anybody');

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const present = <T>(values: readonly (T | null | undefined)[]) =>
  values.filter((value) => value !== null && value !== undefined);

const plugin = fc.record({
  state: fc.constantFrom('available', 'available', 'unavailable'),
  metric: fc.constantFrom('installs', 'active_users'),
  users: fc.option(fc.integer({ min: 0, max: 1000 })),
  rating: fc.option(fc.integer({ min: 0, max: 10 }).map((n) => n / 2)),
  ratingCount: fc.option(fc.integer({ min: 0, max: 20 })),
  price: fc.option(
    fc.record({
      amount: fc.integer({ min: 0, max: 100 }).map(String),
      currency: fc.constantFrom('USD', 'EUR'),
      per: fc.constantFrom('month', 'year', 'once'),
    }),
    { nil: undefined },
  ),
});

test('totals, weighted averages and medians are those that one gets by hand, of one marketplace alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plugin, { minLength: 1, maxLength: 8 }), async (drawn) => {
      const marketplace = randomUUID();
      const plugins: StoredPlugin[] = drawn.map(({ price, ...each }, n) => ({
        ...each,
        ...(price && { price }),
        marketplace,
        externalId: String(n),
      }));
      await storePlugins(owner, plugins);
      const [stats] = marketplaceStats.output.parse(
        await executeAction(dependencies, marketplaceStats, as.viewer, { marketplace }),
      );
      const here = drawn.filter(({ state }) => state === 'available');
      const rated = here.filter(({ rating }) => rating !== null);
      const weights = sum(present(rated.map(({ ratingCount }) => ratingCount)));
      const both = here.filter(({ users, ratingCount }) => users !== null && ratingCount !== null);
      const users = sum(present(both.map((each) => each.users)));
      const close = (n: number | null) => (n === null ? null : expect.closeTo(n, 8));
      expect(stats).toMatchObject({
        plugins: { available: here.length, unavailable: drawn.length - here.length },
        ratings: sum(present(here.map(({ ratingCount }) => ratingCount))),
        medianRating: close(median(present(here.map(({ rating }) => rating)))),
        weightedRating: close(
          weights === 0
            ? null
            : sum(rated.map(({ rating, ratingCount }) => (rating ?? 0) * (ratingCount ?? 0))) / weights,
        ),
        ratingsPerThousandUsers: close(
          users === 0 ? null : (1000 * sum(present(both.map(({ ratingCount }) => ratingCount)))) / users,
        ),
      });
      for (const metric of ['installs', 'active_users']) {
        const counted = present(here.filter((each) => each.metric === metric).map((each) => each.users));
        const found = stats?.users.find((each) => each.metric === metric);
        expect([found?.total, found?.median]).toEqual(
          counted.length ? [sum(counted), median(counted)] : [undefined, undefined],
        );
      }
      for (const currency of ['USD', 'EUR']) {
        const prices = present(here.map(({ price }) => price)).filter(
          (price) => price.currency === currency && price.per !== 'once',
        );
        const monthly = median(prices.map(({ amount, per }) => Number(amount) / (per === 'year' ? 12 : 1)));
        const found = stats?.lowestPaidTiers.find((each) => each.currency === currency);
        expect(found === undefined ? null : Number(found.medianPerMonth)).toEqual(
          monthly === null ? null : expect.closeTo(monthly, 3),
        );
      }
    }),
    { numRuns: 60 },
  );
});
