import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { type StoredPlugin, storePlugins } from '@granary/domain/testing';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, expect, test, vi } from 'vitest';
import type { FeedManifest } from './make-day.ts';
import { makeFeeds } from './make-feeds.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const database = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const { tenantId } = await createTestOrganization(owner, 'somebody');
const workDirectory = await mkdtemp(path.join(tmpdir(), 'granary-feeds-'));
afterAll(() => rm(workDirectory, { recursive: true }));
const root = path.join(workDirectory, 'objects');
const store = createFileObjectStore(root);
const { signal } = new AbortController();

const make = (today = '2026-01-03') => makeFeeds({ database, store, workDirectory, signal, today });

/** Runs until so many days were made: other transactions of the server hold the horizon back. */
async function made(wanted: number, today?: string): Promise<FeedManifest[]> {
  const all: FeedManifest[] = [];
  await vi.waitFor(
    async () => {
      all.push(...((await make(today)) ?? []));
      expect(all.length).toBeGreaterThanOrEqual(wanted);
    },
    { timeout: 300_000, interval: 20 },
  );
  return all;
}

const fileOf = (day: string, name: string) => path.join(root, 'feeds/plugin_snapshots/v1', `dt=${day}`, name);

async function rowsOf(day: string, format: 'parquet' | 'csv') {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(
      `select external_id, users::varchar as users, users_bound, metric, rating::varchar as rating, captured_at::varchar as captured_at from read_${format}('${fileOf(day, `snapshots.${format}`)}')`,
    );
    return reader.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const plugins: StoredPlugin[] = [
  { externalId: 'b, "quoted"', users: 1, series: { '2026-01-01': 9_007_199_254_740_991, '2026-01-02': null } },
  {
    externalId: 'a',
    usersAtLeast: true,
    users: 1,
    metric: 'active_installs',
    series: { '2026-01-01': 0, '2026-01-03': 3 },
  },
  { externalId: 'own', tenantId, users: 1, series: { '2026-01-01': 666, '2025-12-31': 666 } },
];

test('each day that is over is made once, with public snapshots alone, as Parquet and as CSV, and described', async () => {
  await storePlugins(owner, plugins);
  const manifests = await made(2);
  expect(manifests).toMatchObject([
    { day: '2026-01-01', rows: 2 },
    { day: '2026-01-02', rows: 1 },
  ]);
  const expected = [
    { external_id: 'a', users: '0', users_bound: 'at_least', metric: 'active_installs' },
    { external_id: 'b, "quoted"', users: '9007199254740991', users_bound: 'exact', metric: 'installs' },
  ];
  expect(await rowsOf('2026-01-01', 'parquet')).toMatchObject(expected);
  expect(await rowsOf('2026-01-01', 'csv')).toMatchObject(expected);
  expect(await rowsOf('2026-01-02', 'parquet')).toMatchObject([{ users: null, metric: null, rating: null }]);
  const manifest = JSON.parse(await readFile(fileOf('2026-01-01', 'manifest.json'), 'utf8'));
  expect(manifest).toEqual(manifests[0]);
  for (const { name, bytes, sha256 } of manifest.files) {
    const content = await readFile(fileOf('2026-01-01', name));
    expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
  }
  expect(await make()).toEqual([]);
});

test('a day that is not over waits, and one to which something is added late is made again, and no other', async () => {
  expect(await made(1, '2026-01-04')).toMatchObject([{ day: '2026-01-03' }]);
  await storePlugins(owner, [{ externalId: 'late', users: 1, series: { '2026-01-01': 5 } }]);
  expect(await made(1, '2026-01-04')).toMatchObject([{ day: '2026-01-01', rows: 3 }]);
  expect(await rowsOf('2026-01-01', 'parquet')).toHaveLength(3);
});

test('what is added while a day is made makes it due once more', async () => {
  await storePlugins(owner, [{ externalId: 'first', users: 1, series: { '2026-01-02': 1 } }]);
  const slow = {
    ...store,
    async publish(...[name, file]: Parameters<NonNullable<typeof store.publish>>) {
      if (name.endsWith('parquet'))
        await storePlugins(owner, [{ externalId: 'meanwhile', users: 1, series: { '2026-01-02': 1 } }]);
      await store.publish?.(name, file);
    },
  };
  await vi.waitFor(
    async () =>
      expect(await makeFeeds({ database, store: slow, workDirectory, signal, today: '2026-01-04' })).toHaveLength(1),
    { timeout: 300_000, interval: 20 },
  );
  expect(await made(1, '2026-01-04')).toMatchObject([{ day: '2026-01-02', rows: 3 }]);
});

test('a run that is broken off leaves its day due', async () => {
  await storePlugins(owner, [{ externalId: 'again', users: 1, series: { '2026-01-02': 1 } }]);
  const broken = { ...store, publish: () => Promise.reject(new Error('killed here')) };
  await vi.waitFor(
    () =>
      expect(makeFeeds({ database, store: broken, workDirectory, signal, today: '2026-01-04' })).rejects.toThrow(
        'killed here',
      ),
    { timeout: 300_000, interval: 20 },
  );
  expect(await made(1, '2026-01-04')).toMatchObject([{ day: '2026-01-02', rows: 4 }]);
});

test('on another server, whose transactions have lower numbers, nothing is lost', async () => {
  await owner.query(`update plugin_snapshots set change = change + 1000000000000`);
  await owner.query(`update feeds set horizon = horizon + 1000000000000`);
  expect((await made(3, '2026-01-04')).map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
  await storePlugins(owner, [{ externalId: 'moved', users: 1, series: { '2026-01-03': 1 } }]);
  expect(await made(1, '2026-01-04')).toMatchObject([{ day: '2026-01-03', rows: 2 }]);
});
