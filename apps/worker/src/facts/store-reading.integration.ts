import { randomUUID } from 'node:crypto';
import { asSystem, createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from './readings.ts';
import { storeReading } from './store-reading.ts';
import { samplePlugin } from './testing/sample-plugin.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });

const store = (reading: Partial<Reading>) =>
  asSystem(worker, 'facts: reading', (db) =>
    storeReading(db, {
      sourceId: randomUUID(),
      tenantId: null,
      marketplace: 'test',
      captureId: randomUUID(),
      capturedAt: new Date('2026-11-20T10:00:00Z'),
      origin: 'live',
      parser: { name: 'test', version: 1 },
      plugins: [],
      ...reading,
    }),
  );

/** All that is stored of a plugin, but for what is drawn anew each time. */
async function stored(externalId: string, tenantId: string | null = null) {
  const plugins = await owner.query(
    `select to_jsonb(p) - '{id,tenant_id,owner_id,company_id,words,external_id}'::text[] as row, p.id, c.slug as company from plugins p
     left join companies c on c.id = p.company_id where p.external_id = $1 and p.tenant_id is not distinct from $2`,
    [externalId, tenantId],
  );
  const snapshots = await owner.query(
    `select to_jsonb(s) - '{plugin_id,tenant_id,owner_id,change}'::text[] as row from plugin_snapshots s where s.plugin_id = $1 order by s.day`,
    [plugins.rows[0]?.id],
  );
  const labels = await owner.query('select kind, label from plugin_labels where plugin_id = $1 order by 1, 2', [
    plugins.rows[0]?.id,
  ]);
  return {
    plugin: plugins.rows[0]?.row,
    company: plugins.rows[0]?.company,
    snapshots: snapshots.rows.map(({ row }) => row),
    labels: labels.rows,
  };
}

const users = (value: number) => ({ value, bound: 'exact', metric: 'active_users' }) as const;

test('a reading is stored once, however often: the second time nothing changes, not even in the feed of changes', async () => {
  const reading: Partial<Reading> = {
    captureId: randomUUID(),
    plugins: [
      samplePlugin({
        externalId: 'once',
        name: 'Once',
        users: { value: 103_974, bound: 'exact', metric: 'installs' },
        rating: 4.319840743198408,
        ratingCount: { value: 3014, bound: 'exact' },
        categories: ['tools'],
        developer: { name: 'Example', publisherId: null, website: null },
        pricing: {
          kind: 'paid',
          text: 'from $4.90',
          lowestPaidTier: { amount: '4.90', currency: 'USD', per: 'month' },
        },
      }),
    ],
  };
  expect(await store(reading)).toEqual({ changed: 1, unchanged: 0 });
  const before = await stored('once');
  const { rows } = await owner.query('select max(change) as change from plugin_snapshots');
  expect(await store(reading)).toEqual({ changed: 0, unchanged: 1 });
  expect(await stored('once')).toEqual(before);
  expect((await owner.query('select max(change) as change from plugin_snapshots')).rows).toEqual(rows);
  expect(before).toMatchObject({
    plugin: { users: 103_974, metric: 'installs', users_at_least: false, rating: 4.319840743198408, price_amount: 4.9 },
    company: 'example',
    snapshots: [{ day: '2026-11-20', users: 103_974, rating_count: 3014, version: null }],
    labels: [{ kind: 'category', label: 'tools' }],
  });
});

test('a later page of the day replaces the day’s numbers and an earlier one does not', async () => {
  const at = (time: string, value: number) =>
    store({
      capturedAt: new Date(`2026-11-20T${time}Z`),
      plugins: [samplePlugin({ externalId: 'day', users: users(value) })],
    });
  await at('10:00:00', 5);
  await at('12:00:00', 7);
  await at('11:00:00', 6);
  const { snapshots, plugin } = await stored('day');
  expect(snapshots.map(({ users: n }) => n)).toEqual([7]);
  expect(plugin).toMatchObject({ users: 7, first_seen_at: '2026-11-20T10:00:00+00:00' });
});

test('the day is that of UTC to the millisecond, wherever the clocks are changed', async () => {
  for (const time of ['2026-03-29T00:59:59.999Z', '2026-03-29T23:59:59.999Z', '2026-03-30T00:00:00.000Z'])
    await store({ capturedAt: new Date(time), plugins: [samplePlugin({ externalId: 'dst', users: users(1) })] });
  expect((await stored('dst')).snapshots.map(({ day }) => day)).toEqual(['2026-03-29', '2026-03-30']);
});

test('an archived page of 2023 gives 2023 a snapshot, and today’s facts stay', async () => {
  await store({ plugins: [samplePlugin({ externalId: 'old', name: 'New name', users: users(9) })] });
  await store({
    capturedAt: new Date('2023-05-01T00:00:00Z'),
    origin: 'archive',
    plugins: [samplePlugin({ externalId: 'old', name: 'Old name', version: '1.0', users: users(2) })],
  });
  expect(await stored('old')).toMatchObject({
    // the version, which today's page has no place for, is the last that is known
    plugin: { name: 'New name', users: 9, version: '1.0', first_seen_at: '2023-05-01T00:00:00+00:00' },
    snapshots: [
      { day: '2023-05-01', users: 2, origin: 'archive' },
      { day: '2026-11-20', users: 9, version: null },
    ],
  });
});

test('an item that is gone has a state and no numbers; what was known of it stays known', async () => {
  await store({ plugins: [samplePlugin({ externalId: 'gone', name: 'Gone', users: users(9) })] });
  await store({
    capturedAt: new Date('2026-11-21T10:00:00Z'),
    plugins: [
      samplePlugin(
        {
          externalId: 'gone',
          availability: { state: 'closed', reason: 'security', closedOn: '2026-11-21' },
          users: users(0),
        },
        ['rating', 'name'],
      ),
    ],
  });
  expect(await stored('gone')).toMatchObject({
    plugin: { state: 'closed', state_reason: 'security', closed_on: '2026-11-21', name: 'Gone', users: 9 },
    snapshots: [
      { state: 'available' },
      { state: 'closed', users: null, metric: null, rating: null, rating_count: null },
    ],
  });
});

test('an item that goes in the course of a day ends it without numbers, in whatever order its pages are stored', async () => {
  const at = (time: string) => ({ capturedAt: new Date(`2026-11-22T${time}Z`), captureId: randomUUID() });
  const here = { ...at('08:00:00'), plugins: [samplePlugin({ externalId: 'going', name: 'Going', users: users(9) })] };
  const gone = {
    ...at('20:00:00'),
    plugins: [samplePlugin({ externalId: 'going', availability: { state: 'unavailable', reason: null } })],
  };
  for (const page of [gone, here, gone]) await store(page);
  expect(await stored('going')).toMatchObject({
    plugin: { state: 'unavailable', name: 'Going', users: 9 },
    snapshots: [{ state: 'unavailable', users: null, metric: null }],
  });
});

test('what no marketplace can mean is as if it were not there, and never a 0', async () => {
  await store({
    plugins: [
      samplePlugin({
        externalId: 'odd',
        name: 'a\0b\ud800',
        users: users(-1),
        rating: 7,
        ratingCount: { value: Number.NaN, bound: 'exact' },
        developer: { name: 'jane@example.com', publisherId: null, website: null },
        pricing: { kind: 'paid', text: null, lowestPaidTier: { amount: '1e9', currency: 'USD', per: 'month' } },
      }),
    ],
  });
  expect(await stored('odd')).toMatchObject({
    plugin: {
      name: 'ab\ufffd',
      users: null,
      rating: null,
      rating_count: null,
      price_amount: null,
      developer_name: null,
    },
    company: null,
  });
});

test('a newer parser replaces what an older one read from the same capture, and an older one never does', async () => {
  const captureId = randomUUID();
  const as = (version: number, value: number) =>
    store({
      captureId,
      parser: { name: 'test', version },
      plugins: [samplePlugin({ externalId: 'parsed', users: users(value) })],
    });
  await as(9, 103_000);
  await as(10, 103_974);
  expect(await as(9, 103_000)).toEqual({ changed: 0, unchanged: 1 });
  expect((await stored('parsed')).snapshots).toMatchObject([{ users: 103_974, parser_version: 10 }]);
});

test('a tenant’s own facts are its own: the same item is another plugin, of another company, for each', async () => {
  const { tenantId } = await createTestOrganization(owner, 'tenant');
  const developer = { name: 'Shared', publisherId: null, website: null };
  await store({ plugins: [samplePlugin({ externalId: 'shared', name: 'public', developer, users: users(1) })] });
  await store({
    tenantId,
    plugins: [samplePlugin({ externalId: 'shared', name: 'own', developer, users: users(999) })],
  });
  expect((await stored('shared')).plugin).toMatchObject({ name: 'public', users: 1 });
  expect((await stored('shared', tenantId)).plugin).toMatchObject({ name: 'own', users: 999 });
  const { rows } = await owner.query(
    `select count(distinct c.id)::int as companies, bool_and(c.tenant_id is not distinct from p.tenant_id) as apart
     from plugins p join companies c on c.id = p.company_id where p.external_id = 'shared'`,
  );
  expect(rows).toEqual([{ companies: 2, apart: true }]);
});

test('a snapshot of somebody else’s plugin is refused by the database', async () => {
  const { tenantId } = await createTestOrganization(owner, 'poisoner');
  await expect(
    owner.query(
      `insert into plugin_snapshots (tenant_id, plugin_id, capture_id, captured_at, day, state, origin, parser_version, parser_name)
       select $1, id, id, '2026-01-01Z', '2026-01-01', 'available', 'live', 1, 'x' from plugins where external_id = 'shared' and tenant_id is null`,
      [tenantId],
    ),
  ).rejects.toMatchObject({ code: '23503' });
});

const instant = fc.constantFrom(
  '2026-10-01T23:59:59Z',
  '2026-10-02T00:00:00Z',
  '2026-10-02T10:00:00Z',
  '2023-01-01T00:00:00Z',
);
const plugin = fc.record(
  {
    name: fc.constantFrom('A', 'B'),
    users: fc.option(fc.integer({ min: 0, max: 3 }).map(users)),
    rating: fc.option(fc.constantFrom(0, 4.5)),
    version: fc.constantFrom('1', '2', null),
    tags: fc.option(fc.subarray(['x', 'y'])),
    developer: fc.constantFrom(null, ...['One', 'Two'].map((name) => ({ name, publisherId: null, website: null }))),
    availability: fc.constantFrom({ state: 'available' } as const, { state: 'unavailable', reason: null } as const),
  },
  { requiredKeys: [] },
);
const page = fc.record({
  capturedAt: instant,
  captureId: fc.constantFrom(randomUUID(), randomUUID(), randomUUID()),
  version: fc.constantFrom(1, 2, 10),
  facts: plugin,
  place: fc.constantFrom('embedded', 'meta', 'markup'),
});

test('of each field is known which page said it, and where on the page', async () => {
  const [early, late] = [randomUUID(), randomUUID()];
  const externalId = 'provenance';
  const both = samplePlugin({ externalId, name: 'Name', summary: 'Summary' }, ['rating'], 'embedded');
  const parts = { ...both, origins: { ...both.origins, summary: 'meta' } } as const;
  await store({ captureId: early, capturedAt: new Date('2026-11-20T10:00:00Z'), plugins: [parts] });
  const later = [samplePlugin({ externalId, name: 'Other' }, [], 'markup')];
  await store({ captureId: late, capturedAt: new Date('2026-11-21T10:00:00Z'), plugins: later });
  const reading = (time: string, capture: string) => `2026-11-${time}T10:00:00.000Z|${capture}|000001`;
  expect((await stored(externalId)).plugin.field_times).toEqual({
    [`${reading('20', early)}|meta`]: ['summary'],
    [reading('20', early)]: ['rating'],
    [reading('21', late)]: ['availability'],
    [`${reading('21', late)}|markup`]: ['name'],
  });
});

test('a page that names a plugin twice says of each field what it says at the better place', async () => {
  const captureId = randomUUID();
  const externalId = 'twice';
  const twice = (['markup', 'embedded', 'meta'] as const).map((place) =>
    samplePlugin({ externalId, name: 'N' }, [], place),
  );
  await store({ captureId, plugins: twice });
  const { field_times: times } = (await stored(externalId)).plugin;
  expect(Object.entries(times).find(([, fields]) => Array(fields).flat().includes('name'))?.[0]).toMatch(/\|embedded$/);
});

test('in whatever order pages arrive, and however often, the same is stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      // one capture has one time and one reading by each version of the parser
      fc.uniqueArray(page, { maxLength: 6, selector: ({ captureId, version }) => `${captureId} ${version}` }),
      fc.infiniteStream(fc.nat()),
      async (pages, random) => {
        const all = async (order: typeof pages) => {
          const externalId = `ordered ${randomUUID()}`;
          for (const { capturedAt, captureId, version, facts, place } of order)
            await store({
              captureId,
              capturedAt: new Date(capturedAt),
              parser: { name: 'test', version },
              plugins: [samplePlugin({ externalId, ...facts }, [], place)],
            });
          return stored(externalId);
        };
        const shuffled = [...pages, ...pages.slice(0, 2)]
          .map((each) => [random.next().value, each] as const)
          .sort(([a], [b]) => a - b)
          .map(([, each]) => each);
        expect(await all(shuffled)).toEqual(await all(pages));
      },
    ),
    { numRuns: 60 },
  );
});

test('two pages that name the same plugins at once wait for each other, and both count', async () => {
  const ids = Array.from({ length: 50 }, (_, n) => `together ${n}`);
  const of = (order: readonly string[], version: string, time: string) =>
    store({
      capturedAt: new Date(time),
      plugins: order.map((externalId) =>
        samplePlugin({ externalId, version, developer: { name: externalId, publisherId: null, website: null } }),
      ),
    });
  await Promise.all([
    of(ids, '1', '2026-11-20T10:00:00Z'),
    of([...ids].reverse(), '2', '2026-11-20T11:00:00Z'),
    of(ids, '0', '2026-11-20T09:00:00Z'),
  ]);
  const { rows } = await owner.query(
    `select distinct p.version, s.version as snapshot, count(*) over ()::int as n from plugins p join plugin_snapshots s on s.plugin_id = p.id where p.external_id like 'together %'`,
  );
  expect(rows).toEqual([{ version: '2', snapshot: '2', n: 50 }]);
});
