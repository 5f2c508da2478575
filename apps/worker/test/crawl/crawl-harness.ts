import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, type Database } from '@granary/db';
import { createTestDatabase, type TestDatabase } from '@granary/db/testing';
import type { ObjectStore } from '@granary/domain';
import { registry } from '@granary/marketplaces';
import { createFileObjectStore } from '@granary/object-store';
import { createOutbound } from '@granary/outbound';
import type pg from 'pg';
import { afterAll, expect, onTestFinished, vi } from 'vitest';
import { type CrawlContext, type CrawlSettings, crawlDefaults } from '../../src/crawl/crawl-context.ts';
import { type Crawling, startCrawling } from '../../src/crawl/start-crawling.ts';
import { type MarketplaceServer, startMarketplace } from './marketplace-server.ts';
import { quick } from './quick.ts';
import { shop } from './shop.ts';
import { storeTestReading, testReadings } from './test-readings.ts';

export interface SourceIds {
  readonly sourceId: string;
  readonly runId: string;
}

export interface CrawlHarness {
  readonly database: TestDatabase;
  readonly owner: pg.Pool;
  readonly worker: Database;
  readonly workerUrl: string;
  readonly store: ObjectStore;
  readonly folder: string;
  server(): Promise<MarketplaceServer>;
  /** A source of the shop at the server, and a run of it that is queued. */
  source(server: MarketplaceServer, options?: SourceOptions): Promise<SourceIds>;
  run(sourceId: string): Promise<string>;
  context(server: MarketplaceServer, options?: ContextOptions): CrawlContext;
  /** Crawls until the test ends. */
  crawl(server: MarketplaceServer, options?: ContextOptions): Crawling;
  /** The run, once it has ended. */
  ended(runId: string): Promise<Run>;
  find(runId: string): Promise<Run>;
  readings(sourceId: string): Promise<{ plugin: string; name: string | null; users: number | null }[]>;
}

export interface SourceOptions {
  readonly path?: string;
  readonly tenantId?: string | null;
  readonly rate?: number;
  readonly host?: string;
  readonly hosts?: readonly string[];
}

export interface ContextOptions extends Partial<CrawlSettings> {
  readonly allow?: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
  readonly onStep?: CrawlContext['onStep'];
  readonly connectors?: CrawlContext['connectors'];
  readonly storeReading?: CrawlContext['storeReading'];
}

export interface Run {
  readonly state: string;
  readonly error: string | null;
  readonly discovered: number;
  readonly fetched: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly bytes: number;
  readonly plugins: number;
  readonly plugins_changed: number;
  readonly held_back: number;
  readonly field_health: Record<string, { pages: number; read: number; by: Record<string, number> }>;
  readonly alarms: { field: string; kind: string }[];
}

export async function createCrawlHarness(): Promise<CrawlHarness> {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  await owner.query(testReadings);
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-crawl-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const store = createFileObjectStore(path.join(folder, 'objects'));
  const worker = createDatabase(database.pool('granary_worker'), { prepared: true });

  const context: CrawlHarness['context'] = (
    server,
    { allow, names = {}, onStep, connectors, storeReading = storeTestReading, ...settings } = {},
  ) => {
    const outbound = createOutbound({
      userAgent: 'GranaryTest/1.0 (+https://granary.example/bot)',
      allow: allow ?? [`shop.test:${server.port}`, `other.test:${server.port}`],
      resolve: async (name) => [names[name] ?? '127.0.0.1'],
    });
    onTestFinished(() => outbound.close());
    return {
      database: worker,
      store,
      outbound,
      connectors: connectors ?? registry([shop]),
      storeReading,
      workDirectory: folder,
      settings: { ...crawlDefaults, productToken: 'GranaryTest', concurrency: 4, ...quick, ...settings },
      log: process.env.GRANARY_TEST_LOGS ? (message, details) => console.error(message, details) : () => {},
      onStep,
    };
  };
  const run = async (sourceId: string) => {
    const { rows } = await owner.query<{ id: string }>(
      `insert into source_runs (tenant_id, source_id, trigger) select tenant_id, id, 'manual' from sources where id = $1 returning id`,
      [sourceId],
    );
    return rows[0]?.id ?? '';
  };
  const find = async (runId: string): Promise<Run> => {
    const { rows } = await owner.query(
      `select state, error, discovered::int, fetched::int, unchanged::int, changed::int, failed::int, skipped::int, bytes::int,
        plugins::int, plugins_changed::int, held_back::int, field_health, alarms from source_runs where id = $1`,
      [runId],
    );
    return rows[0];
  };
  return {
    database,
    owner,
    worker,
    workerUrl: database.url('granary_worker'),
    store,
    folder,
    async server() {
      const server = await startMarketplace();
      onTestFinished(() => server.close());
      return server;
    },
    async source(server, { path: start = '/index', tenantId = null, rate = 1000, host = 'shop.test', hosts } = {}) {
      const settings = { url: `http://${host}:${server.port}${start}`, ...(hosts && { hosts }) };
      const { rows } = await owner.query<{ id: string }>(
        `insert into sources (tenant_id, connector, name, settings, rate) values ($1, 'shop', gen_random_uuid()::text, $2, $3) returning id`,
        [tenantId, settings, rate],
      );
      const sourceId = rows[0]?.id ?? '';
      return { sourceId, runId: await run(sourceId) };
    },
    run,
    context,
    crawl(server, options) {
      const crawling = startCrawling(context(server, options));
      onTestFinished(() => crawling.stop());
      return crawling;
    },
    find,
    async ended(runId) {
      await vi.waitFor(async () => expect(['queued', 'running']).not.toContain((await find(runId)).state), {
        timeout: 300_000,
        interval: 20,
      });
      return find(runId);
    },
    async readings(sourceId) {
      const { rows } = await owner.query(
        `select plugin, name, users from test_readings where source_id = $1 order by plugin, captured_at`,
        [sourceId],
      );
      return rows;
    },
  };
}
