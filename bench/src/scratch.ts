import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createDatabase,
  createPool,
  type Database,
  ensureLogins,
  type LoginUrls,
  prepareDatabase,
  withClient,
} from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import type pg from 'pg';

export interface Scratch {
  readonly folder: string;
  readonly ownerUrl: string;
  readonly administratorUrl: string;
  readonly logins: LoginUrls;
  /** The schema's owner, who bypasses the policies. */
  readonly owner: pg.Pool;
  /** The API's login, as the product opens it. */
  readonly api: Database;
}

/** A migrated database on a PostgreSQL of its own, durable as in production; everything is removed afterwards. */
export async function withScratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-bench-'));
  const server = await startEmbeddedPostgres({ directory: path.join(folder, 'postgres'), durable: true });
  const abandon = () => {
    const removed = server.remove().finally(() => rm(folder, { recursive: true, force: true }));
    void removed.finally(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abandon);
  try {
    await withClient(server.url('postgres', 'postgres'), (client) => client.query('create database granary'));
    const ownerUrl = server.url('postgres', 'granary');
    const administratorUrl = server.url('supabase_admin', 'granary');
    await prepareDatabase({ url: ownerUrl, administratorUrl });
    const logins = await ensureLogins(ownerUrl);
    const owner = createPool(ownerUrl, { poolSize: 8, statementTimeoutMs: 0 });
    const apiPool = createPool(logins.api, { poolSize: 8 });
    try {
      return await work({
        folder,
        ownerUrl,
        administratorUrl,
        logins,
        owner,
        api: createDatabase(apiPool, { prepared: true }),
      });
    } finally {
      await Promise.all([owner.end(), apiPool.end()]);
    }
  } finally {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
}
