import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeAll, expect, test } from 'vitest';
import { countExplained } from '../testing/count-explained.ts';
import { listPlugins, selectPluginPage } from './list-plugins.ts';
import { pluginMovers, selectMovers } from './plugin-movers.ts';
import { pluginRanking } from './plugin-ranking.ts';
import { selectRanking } from './ranking/ranking-query.ts';
import { selectSeries } from './series/series-query.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = database.pool('granary_api');
const { as } = await createTestOrganization(owner, 'ours');

const plugins = 4000;
const inCategory = 40;
const days = 60;
let pluginId = '';

beforeAll(async () => {
  await owner.query(
    `insert into plugins (marketplace, external_id, state, categories, users, users_at_least, metric, rating, rating_count,
       rating_count_at_least, first_seen_at, last_seen_at, field_times)
     select 'market-' || n % 4, n, 'available', array['category-' || n / ${inCategory}], n, false, 'installs', n % 50 / 10.0, n, false, now(),
       now(), '{}' from generate_series(1, ${plugins}) n`,
  );
  await owner.query(
    `insert into plugin_snapshots (plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, origin, parser_name, parser_version)
     select id, id, day::timestamp at time zone 'UTC', day, 'available', users + ago, false, 'installs', 'live', 'test', 1
     from plugins cross join generate_series(1, ${days}) ago cross join lateral (select date '2026-03-01' - ago as day) d
     where external_id::int % 10 = 0`,
  );
  await owner.query('analyze plugins');
  await owner.query('analyze plugin_labels');
  await owner.query('vacuum analyze plugin_snapshots');
  const { rows } = await owner.query(`select id from plugins where external_id = '100'`);
  pluginId = rows[0].id;
});

const limit = 10;
const list = (input: object) => selectPluginPage(listPlugins.input.parse({ limit, ...input }));
const movers = (input: object) =>
  selectMovers(pluginMovers.input.parse({ limit, ...input }), '2026-02-01', '2026-02-28');
const ranking = (input: object) => selectRanking(pluginRanking.input.parse({ limit, ...input }));
const metric = 'installs';

test.each([
  ['a page of the newest', () => list({}), 2 * limit],
  ['a page of the most used', () => list({ sort: 'users', metric }), 2 * limit],
  [
    'a page of the most used of a marketplace',
    () => list({ sort: 'users', metric, marketplace: 'market-1' }),
    2 * limit,
  ],
  ['a page of the best rated', () => list({ sort: 'rating' }), 2 * limit],
  ['the one that its marketplace calls so', () => list({ marketplace: 'market-1', externalId: '101' }), 2 * limit],
  ['a ranking of a category', () => ranking({ category: 'category-7', metric }), inCategory],
  ['a ranking by rating of a category', () => ranking({ category: 'category-7', by: 'rating' }), inCategory],
  ['movers of a category', () => movers({ category: 'category-7', metric }), inCategory],
  ['movers of all', () => movers({ metric }), plugins],
  ['a series', () => selectSeries({ pluginIds: [pluginId], thin: 'none' }), days],
])('%s looks at no more than it needs, whatever is beside it', async (_, made, most) => {
  for (const plans of ['force_custom_plan', 'force_generic_plan'] as const)
    expect(await countExplained(api, as.viewer, made(), plans), plans).toBeLessThanOrEqual(most);
});
