import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { AnyQuery } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { storePlugins } from '../testing/stored-plugins.ts';
import { getCompany } from './companies/get-company.ts';
import { topCompanies } from './companies/top-companies.ts';
import { getPlugin } from './get-plugin.ts';
import { listPlugins } from './list-plugins.ts';
import { marketplaceStats } from './marketplaces/marketplace-stats.ts';
import { pluginBubble } from './plugin-bubble.ts';
import { pluginMovers } from './plugin-movers.ts';
import { pluginRanking } from './plugin-ranking.ts';
import { searchPlugins } from './search-plugins.ts';
import { comparePlugins } from './series/compare-plugins.ts';
import { pluginSeries } from './series/plugin-series.ts';
import { similarPlugins } from './similar-plugins.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const us = await createTestOrganization(owner, 'us');
const them = await createTestOrganization(owner, 'them');

async function ask<A extends AnyQuery>(
  action: A,
  input: unknown,
  as: Member = us.as.viewer,
): Promise<z.output<A['output']>> {
  return (await executeAction(dependencies, action, as, input)) as z.output<A['output']>;
}
const refusal = (action: AnyQuery, input: unknown) =>
  ask(action, input).then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  );

const ids = await storePlugins(owner, [
  {
    externalId: 'forms',
    name: 'Form Builder',
    summary: 'Builds forms and quizzes quickly',
    company: 'Acme',
    categories: ['productivity', 'forms'],
    permissions: ['storage'],
    users: 100_000,
    rating: 4,
    ratingCount: 300,
    price: { amount: '10', per: 'month' },
    pricing: 'paid',
    series: { '2026-01-01': 50_000, '2026-02-01': 60_000, '2026-03-01': 100_000 },
  },
  {
    externalId: 'quiz',
    name: 'Quiz Maker',
    summary: 'Makes quizzes from forms',
    company: 'Acme',
    categories: ['productivity', 'forms'],
    users: 2_000,
    usersAtLeast: true,
    rating: 5,
    ratingCount: 100,
    pricing: 'free',
    series: { '2026-01-01': 500, '2026-03-01': 2_000 },
  },
  {
    externalId: 'mail',
    name: 'Mail Merge',
    summary: 'Sends letters',
    company: 'Bolt',
    categories: ['productivity'],
    users: 30_000,
    rating: 3,
    ratingCount: 0,
    pricing: 'free_with_paid_features',
    series: { '2026-01-01': 40_000, '2026-03-01': 30_000 },
  },
  { externalId: 'unrated', name: 'Unrated', company: 'Cold', users: 10, series: { '2026-01-01': 0, '2026-03-01': 10 } },
  {
    externalId: 'gone',
    name: 'Form Ghost',
    state: 'unavailable',
    company: 'Cold',
    users: 9_999_999,
    rating: 1,
    ratingCount: 9,
  },
  { externalId: 'nobody', name: 'Nothing known', company: 'Void' },
  { externalId: 'orphan', name: 'No developer', users: 77 },
  {
    externalId: 'wp',
    marketplace: 'other',
    name: 'Other counter',
    company: 'Acme',
    metric: 'active_installs',
    users: 1_000_000,
    usersAtLeast: true,
    series: { '2026-01-01': 900_000, '2026-03-01': 1_000_000 },
  },
]);
const own = await storePlugins(owner, [
  {
    externalId: 'forms',
    tenantId: them.tenantId,
    name: 'Poisoned Form Builder',
    summary: 'Builds forms and quizzes quickly',
    company: 'Acme',
    categories: ['productivity', 'forms'],
    users: 5_000_000,
    rating: 1,
    ratingCount: 1_000_000,
    price: { amount: '1000', per: 'month' },
    pricing: 'paid',
    series: { '2026-01-01': 1_000, '2026-03-01': 5_000_000 },
  },
]);

describe('a list', () => {
  test('has pages that join without a doubled or a missing one, in every order', async () => {
    for (const sort of ['newest', 'users', 'rating'] as const) {
      const all = await ask(listPlugins, { marketplace: 'market', sort, limit: 100 });
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const page: typeof all = await ask(listPlugins, { marketplace: 'market', sort, limit: 2, cursor });
        paged.push(...page.items.map(({ externalId }) => externalId));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(paged).toEqual(all.items.map(({ externalId }) => externalId));
      expect(new Set(paged).size).toBe(paged.length);
    }
  });
  test('by users says of which metric, and is refused across several', async () => {
    expect(await ask(listPlugins, { marketplace: 'market', sort: 'users', limit: 2 })).toMatchObject({
      metric: 'installs',
      items: [
        { externalId: 'gone' },
        { externalId: 'forms', users: { value: 100_000, bound: 'exact', metric: 'installs' } },
      ],
    });
    expect(await refusal(listPlugins, { sort: 'users' })).toMatchObject({
      kind: 'invalid',
      details: { metrics: ['installs', 'active_installs'] },
    });
    const { items } = await ask(listPlugins, { sort: 'users', metric: 'active_installs' });
    expect(items).toMatchObject([{ externalId: 'wp', users: { bound: 'at_least' } }]);
  });
  test('is narrowed by category, permission and state', async () => {
    const names = async (filter: object) => (await ask(listPlugins, filter)).items.map(({ externalId }) => externalId);
    expect(await names({ category: 'forms' })).toEqual(['quiz', 'forms']);
    expect(await names({ permission: 'storage' })).toEqual(['forms']);
    expect(await names({ state: 'unavailable' })).toEqual(['gone']);
    expect(await names({ marketplace: 'never' })).toEqual([]);
  });
  test.each([{ limit: -1 }, { limit: 0 }, { limit: 101 }, { limit: 1.5 }, { cursor: 'x' }])(
    'refuses %o',
    async (input) => {
      expect(await refusal(listPlugins, input)).toMatchObject({ kind: 'invalid' });
    },
  );
  test('takes no cursor of another order', async () => {
    const { nextCursor } = await ask(listPlugins, { limit: 1 });
    expect(await refusal(listPlugins, { sort: 'rating', cursor: nextCursor })).toMatchObject({ kind: 'invalid' });
  });
});

describe('search', () => {
  test('finds by words of the name first, in any form of the word, and page by page', async () => {
    const names = ({ items }: z.output<typeof searchPlugins.output>) => items.map(({ externalId }) => externalId);
    const all = await ask(searchPlugins, { q: 'form' });
    expect(names(all)).toEqual(expect.arrayContaining(['forms', 'gone', 'quiz']));
    const first = await ask(searchPlugins, { q: 'form', limit: 1 });
    const second = await ask(searchPlugins, { q: 'form', limit: 1, cursor: first.nextCursor ?? undefined });
    expect([...names(first), ...names(second)]).toEqual(names(all).slice(0, 2));
    expect(names(await ask(searchPlugins, { q: 'form', category: 'forms' }))).not.toContain('gone');
  });
  test.each(["'", '\\', 'a:*', '((', '"', '!!', '<->', "x'y"])('takes %s as a word', async (q) => {
    expect((await ask(searchPlugins, { q })).items).toEqual([]);
  });
});

test('similar plugins share words and labels, and their labels are named', async () => {
  const similar = await ask(similarPlugins, { pluginId: ids.forms });
  expect(similar[0]).toMatchObject({ externalId: 'quiz', sharedLabels: ['forms', 'productivity'] });
  expect(similar.map(({ externalId }) => externalId)).not.toContain('forms');
});

test('a plugin has all that is known, its estimate with what it was computed from, and nothing for what is not known', async () => {
  expect(await ask(getPlugin, { pluginId: ids.forms })).toMatchObject({
    name: 'Form Builder',
    company: { slug: 'Acme' },
    ratingsPerThousandUsers: 3,
    pricing: { kind: 'paid', lowestPaidTier: { amount: '10', currency: 'USD', per: 'month' } },
    // 100,000 × 0.5 % × $120 × 6/12, and 100,000 × 1 % × $120
    revenue: {
      lowerCents: 3_000_000,
      upperCents: 12_000_000,
      pointCents: 3_900_000,
      basis: 'price',
      inputs: { users: 100_000, amount: '10' },
      parameters: { churnMonths: 6 },
    },
  });
  expect(await ask(getPlugin, { pluginId: ids.nobody })).toMatchObject({ users: null, rating: null, revenue: null });
  expect(await ask(getPlugin, { pluginId: ids.unrated })).toMatchObject({ ratingsPerThousandUsers: null });
});

describe('what another organization has of its own', () => {
  test('is seen by it alone', async () => {
    const pluginId = own.forms;
    for (const action of [getPlugin, similarPlugins, pluginSeries])
      expect(await refusal(action, { pluginId })).toMatchObject({ kind: 'not_found' });
    expect(await refusal(comparePlugins, { pluginIds: [pluginId, ids.forms] })).toMatchObject({ kind: 'not_found' });
    expect(JSON.stringify(await ask(searchPlugins, { q: 'poisoned' }))).not.toContain('oisoned');
    expect((await ask(searchPlugins, { q: 'poisoned' }, them.as.viewer)).items).toMatchObject([{ isOwn: true }]);
    expect((await ask(listPlugins, { scope: 'own' })).items).toEqual([]);
  });
  test('counts in no public number, not even for itself', async () => {
    const inputs = [
      [marketplaceStats, {}],
      [topCompanies, { marketplace: 'market' }],
      [pluginRanking, { marketplace: 'market' }],
      [pluginMovers, { marketplace: 'market', from: '2026-01-01', to: '2026-03-01' }],
      [pluginBubble, { marketplace: 'market' }],
    ] as const;
    for (const [action, input] of inputs) {
      const ours = await ask(action, input);
      expect(await ask(action, input, them.as.viewer)).toEqual(ours);
      expect(JSON.stringify(ours)).not.toContain('oisoned');
      const theirs = await ask(action, { ...input, scope: 'own' }, them.as.viewer);
      expect(JSON.stringify(theirs), action.name).toContain('5000000');
      expect(JSON.stringify(theirs), action.name).not.toContain('100000,');
      expect(JSON.stringify(await ask(action, { ...input, scope: 'own' }))).not.toContain('5000000');
    }
  });
});

describe('a series', () => {
  test('has its observations with their metric and bounds, and a gap where some are missing', async () => {
    expect(await ask(pluginSeries, { pluginId: ids.quiz, gapDays: 31 })).toMatchObject({
      step: 'day',
      metrics: ['installs'],
      points: [
        {
          day: '2026-01-01',
          users: { value: 500, bound: 'at_least', metric: 'installs' },
          rating: null,
          ratingCount: null,
        },
        { day: '2026-03-01' },
      ],
      gaps: [{ after: '2026-01-01', before: '2026-03-01', missing: 58 }],
    });
  });
  test('keeps a zero, which is not the same as nothing', async () => {
    const { points } = await ask(pluginSeries, { pluginId: ids.unrated });
    expect(points[0]).toMatchObject({ users: { value: 0 } });
  });
  test('of over three months is thinned to the last number of each month, of up to three is not', async () => {
    const days = Array.from({ length: 100 }, (_, n) => new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10));
    const series = Object.fromEntries(days.map((day, n) => [day, day === '2025-02-28' ? null : n]));
    const { long: pluginId } = await storePlugins(owner, [{ externalId: 'long', marketplace: 'series', series }]);
    const thinned = await ask(pluginSeries, { pluginId });
    expect(thinned.step).toBe('month');
    expect(thinned.points.map(({ day }) => day)).toEqual(['2025-01-31', '2025-02-27', '2025-03-31', '2025-04-10']);
    expect(await ask(pluginSeries, { pluginId, thin: 'none' })).toMatchObject({ step: 'day', points: { length: 100 } });
    const part = await ask(pluginSeries, { pluginId, from: '2025-01-10', to: '2025-04-10' });
    expect(part).toMatchObject({ step: 'day', points: { length: 91 }, gaps: [] });
    expect((await ask(pluginSeries, { pluginId, from: '2031-01-01' })).points).toEqual([]);
  });
  test('beside others has points of one kind, in the order asked for, and other metrics only when one says so', async () => {
    const two = await ask(comparePlugins, { pluginIds: [ids.quiz, ids.forms] });
    expect(two.series.map(({ plugin }) => plugin.externalId)).toEqual(['quiz', 'forms']);
    const across = { pluginIds: [ids.forms, ids.wp] };
    expect(await refusal(comparePlugins, across)).toMatchObject({ kind: 'invalid' });
    expect((await ask(comparePlugins, { ...across, acrossMetrics: true })).series).toHaveLength(2);
  });
});

describe('movers', () => {
  const input = { marketplace: 'market', from: '2026-01-01', to: '2026-03-01' };
  test('by number, by share, and down', async () => {
    expect(await ask(pluginMovers, input)).toMatchObject({
      metric: 'installs',
      items: [
        { plugin: { externalId: 'forms' }, gained: 50_000, growth: 1, isExact: true },
        { plugin: { externalId: 'quiz' }, gained: 1_500, growth: 3, isExact: false },
      ],
    });
    const relative = await ask(pluginMovers, { ...input, by: 'relative' });
    expect(relative.items.map(({ plugin }) => plugin.externalId)).toEqual(['quiz', 'forms']);
    expect((await ask(pluginMovers, { ...input, direction: 'down' })).items).toMatchObject([{ gained: -10_000 }]);
  });
  test('from zero users have no share', async () => {
    const { items } = await ask(pluginMovers, { ...input, minUsers: 0, by: 'relative' });
    expect(items.at(-1)).toMatchObject({ plugin: { externalId: 'unrated' }, gained: 10, growth: null });
  });
  test('are refused across metrics, and with a window that ends before it begins', async () => {
    expect(await refusal(pluginMovers, { ...input, marketplace: undefined })).toMatchObject({ kind: 'invalid' });
    expect(await refusal(pluginMovers, { ...input, to: '2025-01-01' })).toMatchObject({ kind: 'invalid' });
  });
  test('need an observation near both ends', async () => {
    expect((await ask(pluginMovers, { ...input, to: '2026-02-20', within: 10 })).items).toEqual([]);
    expect((await ask(pluginMovers, { ...input, to: '2026-02-20', within: 40 })).items).toMatchObject([
      { plugin: { externalId: 'forms' }, to: { day: '2026-02-01' } },
    ]);
  });
});

describe('a ranking', () => {
  test('by users, rating and revenue, each with its own order', async () => {
    const names = async (input: object) =>
      (await ask(pluginRanking, { marketplace: 'market', ...input })).items.map(({ plugin }) => plugin.externalId);
    expect(await names({})).toEqual(['forms', 'mail', 'quiz', 'orphan', 'unrated']);
    expect(await names({ by: 'rating' })).toEqual(['quiz', 'forms']);
    expect((await names({ by: 'revenue' })).slice(0, 2)).toEqual(['forms', 'mail']);
    expect(await names({ category: 'forms' })).toEqual(['forms', 'quiz']);
    expect(await refusal(pluginRanking, { by: 'rating', history: 3 })).toMatchObject({ kind: 'invalid' });
  });
  test('has the ranks at the ends of past months, where something was known', async () => {
    const now = new Date();
    const end = (n: number) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - n, 0)).toISOString().slice(0, 10);
    await storePlugins(owner, [
      { externalId: 'a', marketplace: 'race', users: 10, series: { [end(1)]: 1, [end(0)]: 10 } },
      { externalId: 'b', marketplace: 'race', users: 5, series: { [end(1)]: 5, [end(0)]: 5 } },
      { externalId: 'c', marketplace: 'race', users: 4, series: { [end(0)]: 5 } },
    ]);
    const { items } = await ask(pluginRanking, { marketplace: 'race', history: 2 });
    expect(items.map(({ history }) => history)).toEqual([
      [
        { day: end(1), rank: 2, of: 2 },
        { day: end(0), rank: 1, of: 3 },
      ],
      [
        { day: end(1), rank: 1, of: 2 },
        { day: end(0), rank: 2, of: 3 },
      ],
      [
        { day: end(1), rank: null, of: 2 },
        { day: end(0), rank: 2, of: 3 },
      ],
    ]);
  });
});

describe('companies', () => {
  test('are ranked by the users of one metric, with weighted ratings, and a plugin of nobody is of none', async () => {
    const top = await ask(topCompanies, { marketplace: 'market' });
    expect(top).toMatchObject({
      metric: 'installs',
      items: [
        // (4 × 300 + 5 × 100) ÷ 400
        { slug: 'Acme', plugins: 2, sizeClass: 'small', users: 102_000, usersBound: 'at_least', weightedRating: 4.25 },
        { slug: 'Bolt', plugins: 1, sizeClass: 'one_trick_pony', users: 30_000, ratings: 0, weightedRating: null },
        { slug: 'Cold', plugins: 1, users: 10, weightedRating: null },
      ],
    });
    const first = await ask(topCompanies, { marketplace: 'market', limit: 1 });
    const second = await ask(topCompanies, { marketplace: 'market', limit: 1, cursor: first.nextCursor ?? undefined });
    expect(second.items).toEqual(top.items.slice(1, 2));
    expect((await ask(topCompanies, { marketplace: 'market', minPlugins: 2, maxPlugins: 4 })).items).toHaveLength(1);
    expect(await refusal(topCompanies, { limit: -5 })).toMatchObject({ kind: 'invalid' });
    expect(await refusal(topCompanies, {})).toMatchObject({ kind: 'invalid' });
  });
  test('have a total for each metric, and numbers where nothing divides by zero', async () => {
    const { items } = await ask(topCompanies, { marketplace: 'market' });
    expect(await ask(getCompany, { companyId: items[0]?.id })).toMatchObject({
      availablePlugins: 3,
      users: [
        { metric: 'installs', value: 102_000, plugins: 2 },
        { metric: 'active_installs', value: 1_000_000, bound: 'at_least', plugins: 1 },
      ],
      plugins: { length: 3 },
    });
    const { rows } = await owner.query(`select id from companies where slug = 'Void'`);
    expect(await ask(getCompany, { companyId: rows[0]?.id })).toMatchObject({
      users: [],
      ratings: 0,
      weightedRating: null,
      ratingsPerThousandUsers: null,
    });
  });
});

test('the bubble has plugins with users, ratings and revenue, and caps what a user brings', async () => {
  const { points } = await ask(pluginBubble, { marketplace: 'market' });
  expect(points).toMatchObject([{ plugin: { externalId: 'forms' }, arpuCents: 39 }]);
  expect((await ask(pluginBubble, { marketplace: 'market', maxArpuCents: 5 })).points).toMatchObject([
    { arpuCents: 5 },
  ]);
});

describe('statistics of a marketplace', () => {
  test('are of it alone, and of one metric each', async () => {
    const [market, ...others] = await ask(marketplaceStats, { marketplace: 'market' });
    expect(others).toEqual([]);
    expect(market).toMatchObject({
      plugins: { available: 6, unavailable: 1, closed: 0 },
      ratings: 400,
      weightedRating: 4.25,
      medianRating: 4,
      users: [{ metric: 'installs', plugins: 5, total: 132_087, bound: 'at_least', median: 2_000 }],
      lowestPaidTiers: [{ currency: 'USD', plugins: 1, medianPerMonth: '10.0000' }],
    });
    expect(await refusal(marketplaceStats, { marketplace: 'never' })).toMatchObject({ kind: 'not_found' });
  });
});

test('an answer of nothing is no error', async () => {
  expect(await ask(topCompanies, { marketplace: 'never' })).toEqual({ metric: null, items: [], nextCursor: null });
  expect(await ask(pluginRanking, { marketplace: 'never', history: 2 })).toEqual({ metric: null, items: [] });
  expect(await ask(pluginBubble, { marketplace: 'never' })).toEqual({ metric: null, points: [] });
});
