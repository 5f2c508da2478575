import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { TestProject } from 'vitest/node';
import { prepareDatabase, shimFile } from '../migrations/prepare-database.ts';
import { migrationsDirectory, readMigrations } from '../migrations/read-migrations.ts';
import { withClient } from '../with-client.ts';
import {
  contentLease,
  countRuns,
  databaseName,
  dropDatabase,
  dropDatabasesOf,
  dropLeftovers,
  holdLeases,
  leave,
  newRunLease,
} from './registry.ts';
import { createOwner, dropProjectRoles, openLogins } from './roles.ts';
import { inDatabase, openTestServer, type TestServer } from './server.ts';

/** Once per run: one server, and one migrated template that the test files clone. DATABASE_URL is ignored. */
export default async function globalSetup(project: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  const run = newRunLease();
  const content = contentLease(await templateContent());
  const { server, leases } = await join([run, content]);
  const administrator = server.logins.supabase_admin;
  const template = databaseName(content, 'template');
  const setUp = withClient(administrator, async (client) => {
    await client.query('select pg_advisory_lock(7263003)'); // runs that start together set up one after the other
    await dropLeftovers(client);
    await createOwner(client, server.logins);
    await ensureTemplate(client, server, databaseName(content, 'building'), template);
    await openLogins(client, server.logins);
  });
  await setUp.catch(async (error) => {
    await leases.end(); // an open connection would keep vitest from exiting
    throw error;
  });
  project.provide('granaryTest', { logins: server.logins, run, template });

  return async () => {
    await dropDatabasesOf(leases, run); // the template stays for the next run
    const last = await leave(leases).catch(() => false); // or whoever was the last has just stopped the server
    if (last) await server.embedded?.stop();
    await leases.end();
  };
}

/** The server may be shutting down after another run, so try again until a lease is ours. */
async function join(wanted: readonly number[], attempts = 20): Promise<{ server: TestServer; leases: pg.Client }> {
  const server = await openTestServer(process.env.GRANARY_TEST_DATABASE_URL);
  try {
    return { server, leases: await holdLeases(server.logins.supabase_admin, wanted) };
  } catch (error) {
    if (attempts === 0 || !server.embedded) throw error;
    return join(wanted, attempts - 1);
  }
}

async function ensureTemplate(
  client: pg.Client,
  { logins }: TestServer,
  building: string,
  template: string,
): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
  if (rowCount) return;
  await dropDatabase(client, building);
  if ((await countRuns(client)) === 1) await dropProjectRoles(client);
  await client.query(`create database ${building}`);
  await prepareDatabase({
    url: inDatabase(logins.postgres, building),
    administratorUrl: inDatabase(logins.supabase_admin, building),
  });
  await client.query(`alter database ${building} rename to ${template}`);
  await client.query(`alter database ${template} allow_connections false`); // nobody may be connected to what is cloned
}

/** Whatever the template depends on. */
async function templateContent(): Promise<string> {
  const shim = await readFile(shimFile, 'utf8');
  const files = await readMigrations(migrationsDirectory);
  return JSON.stringify([shim, files]);
}
