import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import type pg from 'pg';
import { expect, test, vi } from 'vitest';
import { executeAction } from '../../actions/execute-action.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { countExplained } from '../../testing/count-explained.ts';
import { storePlugins } from '../../testing/stored-plugins.ts';
import { beforeAllChanges, selectChanges } from './changes-query.ts';
import { pluginChanges } from './plugin-changes.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const us = await createTestOrganization(owner, 'us');
const them = await createTestOrganization(owner, 'them');

const ask = async (input: object, as: Member = us.as.viewer) =>
  pluginChanges.output.parse(await executeAction(dependencies, pluginChanges, as, input));
const ids = await storePlugins(owner, [{ externalId: 'early' }, { externalId: 'late' }, { externalId: 'next' }]);

const write = (client: pg.ClientBase | pg.Pool, name: string, day: string, users = 1) =>
  client.query(
    `insert into plugin_snapshots (plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, origin, parser_name, parser_version)
     values ($1, app.uuidv7(), $2::date::timestamp at time zone 'UTC', $2::date, 'available', $3, false, 'installs', 'live', 'test', 1)
     on conflict (plugin_id, day) do update set users = excluded.users, change = default`,
    [ids[name], day, users],
  );

/** What a consumer sees that asks until it has seen so many. Other transactions of the server hold the horizon back. */
async function follow(since: string | undefined, wanted: number, as?: Member) {
  const seen: string[] = [];
  let cursor = since;
  await vi.waitFor(
    async () => {
      const page = await ask({ ...(cursor !== undefined && { since: cursor }), limit: 2 }, as);
      cursor = page.cursor;
      seen.push(...page.items.map(({ plugin, day, users }) => `${plugin.externalId} ${day} ${users?.value}`));
      expect(seen.length).toBeGreaterThanOrEqual(wanted);
    },
    { timeout: 300_000, interval: 20 },
  );
  return { seen, cursor };
}

test('a snapshot whose transaction began first and commits last is not skipped, and nothing comes before its time', async () => {
  const [first, second] = [await owner.connect(), await owner.connect()];
  try {
    await first.query('begin');
    await write(first, 'late', '2026-01-01');
    await second.query('begin');
    await write(second, 'early', '2026-01-01');
    await second.query('commit');
    // the second has committed, but nobody may pass the place of the first
    const before = await ask({});
    expect(before.items).toEqual([]);
    await first.query('commit');
    const { seen, cursor } = await follow(before.cursor, 2);
    expect(seen).toEqual(['late 2026-01-01 1', 'early 2026-01-01 1']);
    // what is replaced comes again
    await write(owner, 'late', '2026-01-01', 2);
    expect((await follow(cursor, 1)).seen).toEqual(['late 2026-01-01 2']);
  } finally {
    first.release();
    second.release();
  }
});

test('many writers at once, in transactions of any length: each change is seen, and the last state of each is', async () => {
  const { cursor } = await follow(undefined, 2);
  const days = Array.from({ length: 30 }, (_, n) => new Date(Date.UTC(2026, 1, 1 + n)).toISOString().slice(0, 10));
  const consuming = follow(cursor, days.length);
  await Promise.all(
    [0, 1, 2].map(async (writer) => {
      for (const day of days.filter((_, n) => n % 3 === writer)) {
        const client = await owner.connect();
        await client.query('begin');
        await write(client, 'next', day);
        await client.query('commit');
        client.release();
      }
    }),
  );
  expect((await consuming).seen.toSorted()).toEqual(days.map((day) => `next ${day} 1`));
});

test('another organization’s own snapshots come to it alone', async () => {
  await storePlugins(owner, [{ externalId: 'own', tenantId: them.tenantId, series: { '2026-06-01': 7 } }]);
  await follow(undefined, 33, them.as.viewer);
  const ours = await ask({ limit: 1000 });
  expect(ours.items.map(({ plugin }) => plugin.externalId)).not.toContain('own');
  expect((await ask({ scope: 'own' })).items).toEqual([]);
  expect((await ask({ scope: 'own' }, them.as.viewer)).items).toMatchObject([
    { day: '2026-06-01', users: { value: 7 } },
  ]);
});

test.each(['x', '1.2.3', '1.00000000-0000-0000-0000-000000000000.2026-13-01', `${beforeAllChanges}' or true`])(
  'the cursor %j is refused',
  async (since) => {
    await expect(ask({ since })).rejects.toMatchObject({ kind: 'invalid' });
  },
);

test('a page reads no more of the snapshots than it holds', async () => {
  await owner.query(
    `insert into plugin_snapshots (plugin_id, capture_id, captured_at, day, state, origin, parser_name, parser_version)
     select $1, app.uuidv7(), day, day::date, 'available', 'live', 'test', 1
     from generate_series('1990-01-01'::timestamptz, '2020-01-01', '1 day') day`,
    [ids.early],
  );
  await owner.query('analyze plugin_snapshots');
  const { cursor } = await ask({ limit: 5 });
  const page = selectChanges({ after: cursor, scope: 'all' }).limit(10);
  for (const plans of ['force_custom_plan', 'force_generic_plan'] as const)
    expect(await countExplained(database.pool('granary_api'), us.as.viewer, page, plans)).toBeLessThanOrEqual(12);
});
