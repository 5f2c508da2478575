import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, inject } from 'vitest';
import { createPool, type PoolOptions } from '../pool.ts';
import { withClient } from '../with-client.ts';
import { databaseName, dropDatabase } from './registry.ts';
import { inDatabase, type TestLogins, type TestUser } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    granaryTest: { readonly logins: TestLogins; readonly run: number; readonly template: string };
  }
}

export interface TestDatabase {
  readonly name: string;
  /** A connection URL with a working password. */
  url(user: TestUser): string;
  /** A pool of the product's kind; closed after the file's last test, before the database is dropped. */
  pool(user: TestUser, options?: PoolOptions): pg.Pool;
}

export interface TestDatabaseOptions {
  /** False for a database without shim and migrations, owned by `postgres`. */
  readonly migrated?: boolean;
}

/** Clones the migrated template (~30 ms) for the calling test file and drops the clone after its last test. */
export async function createTestDatabase({ migrated = true }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { logins, run, template } = inject('granaryTest');
  const name = databaseName(run, randomBytes(5).toString('hex'));
  const owner = new URL(logins.postgres).username;
  const pools: pg.Pool[] = [];
  const administrate = (use: (client: pg.Client) => Promise<unknown>) => withClient(logins.supabase_admin, use);

  // file_copy beats the default wal_log for a template of this size when fsync is off
  const source = migrated ? `template ${template} strategy file_copy` : '';
  await administrate(async (client) => {
    await client.query(`create database ${name} owner ${owner} ${source}`);
    // a clone does not inherit what the shim set for the database
    if (migrated) await client.query(`alter database ${name} set search_path = "$user", public, extensions`);
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await administrate((client) => dropDatabase(client, name));
  });

  const url = (user: TestUser) => inDatabase(logins[user], name);
  return {
    name,
    url,
    pool(user, options) {
      const pool = createPool(url(user), { poolSize: 8, ...options });
      pools.push(pool);
      return pool;
    },
  };
}
