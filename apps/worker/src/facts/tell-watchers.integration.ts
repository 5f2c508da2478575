import { randomUUID } from 'node:crypto';
import { asSystem, createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { type Action, actions, executeAction } from '@granary/domain';
import { dependenciesOf } from '@granary/domain/testing';
import type { PluginFacts } from '@granary/marketplaces';
import { expect, test } from 'vitest';
import { storeReading } from './store-reading.ts';
import { samplePlugin } from './testing/sample-plugin.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const dependencies = dependenciesOf(testDatabase);
const watching = await createTestOrganization(owner, 'watching');
const other = await createTestOrganization(owner, 'other');

const act = (name: string, as: Member, input: object): Promise<unknown> => {
  const action: Action = actions.find((each) => each.name === name) ?? expect.fail(name);
  return executeAction(dependencies, action, as, input);
};

let day = 0;
async function read(facts: Partial<PluginFacts>, tenantId: string | null = null, captureId: string = randomUUID()) {
  day += 1;
  const capturedAt = new Date(Date.UTC(2026, 0, day));
  const reading = { sourceId: randomUUID(), tenantId, marketplace: 'market', captureId, capturedAt } as const;
  const parser = { name: 'test', version: 1 };
  const plugins = [samplePlugin({ externalId: 'watched', name: 'Watched', ...facts })];
  await asSystem(worker, 'facts: reading', (db) => storeReading(db, { ...reading, origin: 'live', parser, plugins }));
  return { ...reading, origin: 'live', parser, plugins } as const;
}
const users = (value: number) => ({ value, bound: 'exact', metric: 'installs' }) as const;

/** What was told since it was asked last. */
async function told(): Promise<unknown[]> {
  const { rows } = await owner.query(
    `delete from outbox_events where type = 'plugin.changed' returning tenant_id as "tenantId", data`,
  );
  return rows;
}

test('who watches a plugin is told of its state, version and price, of users when they moved far enough, and of nothing else', async () => {
  await read({ users: users(1000), version: '1' });
  const { rows } = await owner.query<{ id: string }>(`select id from plugins where external_id = 'watched'`);
  const pluginId = rows[0]?.id;
  const { editor } = watching.as;
  const { id: watchListId } = Object(await act('watchLists.create', editor, { name: 'Mine', usersPercent: 10 }));
  await act('watchLists.add', editor, { watchListId, pluginId });
  await act('watchLists.add', editor, { watchListId, pluginId });
  const { tenantId } = watching;

  await read({ users: users(1050), version: '1', description: 'other words' });
  expect(await told()).toEqual([]);
  // small steps add up
  const moved = await read({ users: users(1101), version: '1' });
  expect(await told()).toEqual([
    {
      tenantId,
      data: expect.objectContaining({ plugin: 'Watched', changed: ['users'], usersBefore: 1000, users: 1101 }),
    },
  ]);
  await asSystem(worker, 'facts: reading', (db) => storeReading(db, moved));
  expect(await told()).toEqual([]);
  await read({ users: users(1102), version: '2' });
  expect(await told()).toMatchObject([{ tenantId, data: { changed: ['version'] } }]);
  await read({ pricing: { kind: 'paid', text: null, lowestPaidTier: { amount: '5', currency: 'USD', per: 'month' } } });
  expect(await told()).toEqual([]); // nobody knew its price before
  await read({ pricing: { kind: 'free', text: null, lowestPaidTier: null } });
  expect(await told()).toMatchObject([{ data: { changed: ['price'] } }]);
  await read({ availability: { state: 'unavailable', reason: 'gone' } });
  expect(await told()).toMatchObject([{ data: { changed: ['state'] } }]);

  // what another organization reads of the same item is not what this one watches
  await read({ version: '666' }, other.tenantId);
  await read({ version: '667' }, other.tenantId);
  expect(await told()).toEqual([]);
  await act('watchLists.remove', editor, { watchListId, pluginId });
  await read({ version: '3' });
  expect(await told()).toEqual([]);
});

test('an old page tells nobody of anything', async () => {
  const { rows } = await owner.query<{ id: string }>(
    `select id from plugins where external_id = 'watched' and tenant_id is null`,
  );
  const { editor } = watching.as;
  const { id: watchListId } = Object(await act('watchLists.create', editor, { name: 'Again' }));
  await act('watchLists.add', editor, { watchListId, pluginId: rows[0]?.id });
  const then = new Date('2023-01-01T00:00:00Z');
  const parser = { name: 'test', version: 1 };
  const plugins = [samplePlugin({ externalId: 'watched', version: '0.1', users: users(1) })];
  await asSystem(worker, 'facts: reading', (db) =>
    storeReading(db, {
      sourceId: randomUUID(),
      tenantId: null,
      marketplace: 'market',
      captureId: randomUUID(),
      capturedAt: then,
      origin: 'archive',
      parser,
      plugins,
    }),
  );
  expect(await told()).toEqual([]);
});
