import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization, type TestOrganization } from '@granary/db/testing';
import { MasterKeys, type ObjectStore } from '@granary/domain';
import { createLogger } from '@granary/logging';
import { createFileObjectStore } from '@granary/object-store';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { afterAll } from 'vitest';
import { readEnvironment, type ServerSettings } from '../env.ts';
import { shutDown } from '../http/shut-down.ts';
import { createServer } from '../server.ts';
import { makeTestKey } from './make-key.ts';

export interface TestApi {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly owner: pg.Pool;
  /** The server’s own connections. */
  readonly pool: pg.Pool;
  readonly ours: TestOrganization;
  readonly theirs: TestOrganization;
  /** Keys of our editor, a colleague with the same role and no share, our viewer, and another organization's editor. */
  readonly keys: Readonly<Record<'editor' | 'colleague' | 'viewer' | 'stranger', string>>;
  readonly dataDirectory: string;
  /** Every route, as `METHOD url`. */
  readonly routes: readonly string[];
  /** Everything that was logged so far. */
  logs(): string;
  drain(): void;
  /** fetch below the API's address; the editor's key unless another, or null for none, is given. */
  fetch(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>;
}

export async function startTestApi(
  settings: Partial<ServerSettings> = {},
  objectStore?: ObjectStore,
): Promise<TestApi> {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  const ours = await createTestOrganization(owner, 'ours');
  const theirs = await createTestOrganization(owner, 'theirs');
  const keyOf = async (identity: TestOrganization['as']['editor']) => (await makeTestKey(owner, identity)).text;
  const keys = {
    editor: await keyOf(ours.as.editor),
    colleague: await keyOf(ours.as.colleague),
    viewer: await keyOf(ours.as.viewer),
    stranger: await keyOf(theirs.as.editor),
  };

  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'granary-api-'));
  const lines: string[] = [];
  const routes: string[] = [];
  const draining = new AbortController();
  const environment = readEnvironment({
    GRANARY_API_DATABASE_URL: database.url('granary_api'),
    GRANARY_IDENTITY_DATABASE_URL: database.url('granary_identity'),
  });
  const pool = database.pool('granary_api');
  const app = await createServer({
    database: createDatabase(pool, { prepared: true }),
    identityDatabase: createDatabase(database.pool('granary_identity', { poolSize: 2 }), { prepared: true }),
    objectStore: objectStore ?? createFileObjectStore(dataDirectory),
    masterKeys: MasterKeys.parse(randomBytes(32).toString('base64')),
    // a machine that runs many tests at once is busy, which is not what they are about
    settings: { ...environment.server, dataDirectory, maxEventLoopDelayMs: 0, ...settings },
    logger: createLogger({ service: 'api', level: 'debug', destination: { write: (line) => void lines.push(line) } }),
    draining: draining.signal,
    onRoute: ({ method, url }) => routes.push(...[method].flat().map((each) => `${each} ${url}`)),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  afterAll(async () => {
    draining.abort();
    await shutDown(app, 2000);
    await rm(dataDirectory, { recursive: true });
  });
  return {
    app,
    url,
    owner,
    pool,
    ours,
    theirs,
    keys,
    dataDirectory,
    routes,
    logs: () => lines.join(''),
    drain: () => draining.abort(),
    fetch(address, { key = keys.editor, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (key !== null) headers.set('authorization', `Bearer ${key}`);
      return fetch(`${url}${address}`, { ...init, headers });
    },
  };
}
