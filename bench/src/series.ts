import { randomBytes } from 'node:crypto';
import { createDatabase } from '@granary/db';
import { createTestOrganization } from '@granary/db/testing';
import {
  type Action,
  type ActionDependencies,
  actions,
  CatalogueMemory,
  executeAction,
  MasterKeys,
} from '@granary/domain';
import { identityOf } from '@granary/domain/testing';
import { median, paired } from './measure.ts';
import { withScratch } from './scratch.ts';
import { storeSnapshots } from './stored-snapshots.ts';

/** `--snapshots=100000` for a small one. */
const wanted = Number(
  process.argv.find((each) => each.startsWith('--snapshots='))?.slice('--snapshots='.length) ?? 10_000_000,
);
const days = Math.min(1000, Math.max(10, Math.round(wanted / 100)));
const plugins = Math.max(1, Math.round(wanted / days));
const categories = Math.max(1, Math.round(plugins / 200));

/** What a caller waits for, 95 times of 100, against the owner's bare SQL for the same rows. One request at a time. */
export const series = () =>
  withScratch(async ({ administratorUrl, owner, api, logins }) => {
    await storeSnapshots(administratorUrl, { plugins, days, categories });
    const { as } = await createTestOrganization(owner, 'bench');
    const { rows } = await owner.query<{ id: string }>(`select id from plugins`);
    const dependencies: ActionDependencies = {
      database: api,
      catalogue: new CatalogueMemory(),
      masterKeys: MasterKeys.parse(randomBytes(32).toString('base64')),
      identity: identityOf(createDatabase(owner, { prepared: true })),
    };
    void logins;
    const act = (name: string, input: object) => {
      const action: Action | undefined = actions.find((each) => each.name === name);
      if (!action) throw new Error(`no action ${name}`);
      return executeAction(dependencies, action, as.viewer, input);
    };
    let next = 1;
    const random = (below: number) => {
      next = (next * 48_271 + 11) % 2_147_483_647;
      return next % below;
    };
    const pluginId = () => rows[random(rows.length)]?.id ?? '';
    const category = () => `category-${random(categories)}`;
    const bareSeries = (text: string) => owner.query({ text, name: text.slice(0, 60), values: [pluginId()] });
    const numbers = 'day, state, users, users_at_least, metric, rating, rating_count, rating_count_at_least';

    const latencies = await measure({
      everyDay: () => act('plugins.series', { pluginId: pluginId(), thin: 'none' }),
      everyDayBare: () => bareSeries(`select ${numbers} from plugin_snapshots where plugin_id = $1 order by day`),
      months: () => act('plugins.series', { pluginId: pluginId(), thin: 'month' }),
      monthsBare: () =>
        bareSeries(
          `select distinct on (date_trunc('month', day)) ${numbers} from plugin_snapshots where plugin_id = $1 order by date_trunc('month', day), day desc`,
        ),
      ranking: () => act('plugins.ranking', { marketplace: 'bench', category: category() }),
      rankingBare: () =>
        owner.query({
          text: `select p.*, rank() over (order by p.users desc) from plugins p join plugin_labels l on l.plugin_id = p.id
            where l.kind = 'category' and l.label = $1 and l.marketplace = 'bench' and p.metric = 'installs' order by p.users desc limit 20`,
          name: 'ranking',
          values: [category()],
        }),
      history: () => act('plugins.ranking', { marketplace: 'bench', category: category(), history: 12 }),
    });
    const against = (ours: keyof typeof latencies, bare: keyof typeof latencies) =>
      paired(
        latencies[bare].map((each) => 1 / each),
        latencies[ours].map((each) => 1 / each),
      );
    const ofSeries = against('everyDayBare', 'everyDay');
    const ofRanking = against('rankingBare', 'ranking');
    const p95 = Object.fromEntries(
      Object.entries(latencies).map(([name, each]) => [name, Number(median(each).toPrecision(3))]),
    );
    return {
      ...(ofSeries.ratio <= ofRanking.ratio ? ofSeries : ofRanking),
      series: ofSeries,
      months: against('monthsBare', 'months'),
      ranking: ofRanking,
      p95Milliseconds: p95,
      sizes: { snapshots: plugins * days, plugins, days, pluginsPerCategory: Math.round(plugins / categories) },
    };
  });

const rounds = 7;
const calls = 40;

/** Of each method, the 95th percentile of each round in milliseconds; in turns, after one round that warms up. */
async function measure<Name extends string>(
  methods: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(methods) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const taken: number[] = [];
      for (let call = 0; call < calls; call += 1) {
        const started = performance.now();
        await methods[name]();
        taken.push(performance.now() - started);
      }
      if (round > 0) found[name].push(taken.toSorted((a, b) => a - b)[Math.ceil(calls * 0.95) - 1] ?? Number.NaN);
    }
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return found;
}
