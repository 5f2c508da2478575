import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { withClient } from '../with-client.ts';
import { MigrationError } from './errors.ts';
import { isCatalogueRace, migrate } from './migrate.ts';
import { missingPrivileges } from './missing-privileges.ts';
import { migrationsDirectory } from './read-migrations.ts';

export interface PrepareOptions {
  /** The owner's URL: the migrations run as this user, and what they create belongs to it. */
  readonly url: string;
  /** A superuser's URL for the shim alone, where the owner has not got the rights for it. */
  readonly administratorUrl?: string;
  /** Other migrations than the repository's own. */
  readonly directory?: string;
}

/**
 * Brings a database of PostgreSQL 15 or later to the current schema: on a plain server the shim first, then every
 * pending migration. Returns the versions that this call applied.
 * Throws MigrationError for an older server, for a user who lacks a privilege (naming each), and as `migrate` does.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<string[]> {
  const { url, administratorUrl, directory = migrationsDirectory } = options;
  return withClient(url, async (owner) => {
    const { user, ...server } = await identify(owner);
    assertSupported(server);
    if (!(await hasSupabaseParts(owner))) {
      if (administratorUrl === undefined) {
        await refuseMissingPrivileges(owner, user);
        await applyShim(owner, user);
      } else {
        await withClient(administratorUrl, (administrator) => applyShim(administrator, user));
      }
    }
    return migrate(owner, directory);
  });
}

/** Applies the shim for the role that will run the migrations. Idempotent; never call it on Supabase. */
export async function applyShim(client: pg.ClientBase, owner: string, attempt = 1): Promise<void> {
  const shim = await readFile(shimFile, 'utf8');
  try {
    await client.query(`begin; set local granary.owner = ${pg.escapeLiteral(owner)}; ${shim}; commit`);
  } catch (error) {
    await client.query('rollback');
    if (attempt >= 10 || !isCatalogueRace(error)) throw error;
    await applyShim(client, owner, attempt + 1);
  }
}

export const shimFile = new URL('./supabase-shim.sql', import.meta.url);

/** True on Supabase, and where the shim has been applied before. */
export async function hasSupabaseParts(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ complete: boolean }>(`
    select (select count(*) = 4 from pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator'))
      and (select count(*) = 3 from pg_proc where pronamespace = to_regnamespace('auth') and proname in ('uid', 'jwt', 'role'))
      and to_regnamespace('extensions') is not null as complete`);
  return rows[0]?.complete ?? false;
}

async function identify(client: pg.ClientBase): Promise<ServerVersion & { user: string }> {
  const { rows } = await client.query<ServerVersion & { user: string }>(
    `select current_user as user, current_setting('server_version_num')::int as number, current_setting('server_version') as version`,
  );
  const [server] = rows;
  if (!server) throw new MigrationError('the server does not say who it is');
  return server;
}

export interface ServerVersion {
  /** server_version_num, e.g. 170010. */
  readonly number: number;
  readonly version: string;
}

/** Throws MigrationError for a server older than 15. */
export function assertSupported({ number, version }: ServerVersion): void {
  if (number < 150_000) throw new MigrationError(`PostgreSQL 15 or later is needed; this server is ${version}`);
}

async function refuseMissingPrivileges(client: pg.ClientBase, user: string): Promise<void> {
  const missing = await missingPrivileges(client);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  const remedies = missing.map(({ remedy }) => `  ${remedy}`).join('\n');
  throw new MigrationError(`${user} cannot set up this database: it lacks ${names}. As a superuser, run:\n${remedies}`);
}
