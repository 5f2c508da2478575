import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { withClient } from '../with-client.ts';
import { MigrationError } from './errors.ts';
import { isCatalogueRace, migrate } from './migrate.ts';
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
 * pending migration. Returns the versions applied. Throws MigrationError for an older server.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<string[]> {
  const { url, administratorUrl = url, directory = migrationsDirectory } = options;
  return withClient(url, async (owner) => {
    const { rows } = await owner.query<{ user: string; version: number }>(
      `select current_user as user, current_setting('server_version_num')::int as version`,
    );
    const server = rows[0];
    if (!server || server.version < 150_000) {
      throw new MigrationError(`PostgreSQL 15 or later is needed; this server is ${(server?.version ?? 0) / 10_000}`);
    }
    if (!(await isSupabase(owner))) await withClient(administratorUrl, (client) => applyShim(client, server.user));
    return migrate(owner, directory);
  });
}

export async function applyShim(client: pg.ClientBase, owner: string, attempt = 1): Promise<void> {
  const shim = await readFile(new URL('./supabase-shim.sql', import.meta.url), 'utf8');
  try {
    await client.query(`set granary.owner = ${pg.escapeLiteral(owner)}`);
    await client.query(shim);
  } catch (error) {
    if (attempt >= 10 || !isCatalogueRace(error)) throw error;
    await applyShim(client, owner, attempt + 1);
  }
}

/** True on Supabase, and where the shim has been applied before. */
export async function isSupabase(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ complete: boolean }>(`
    select (select count(*) = 4 from pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator'))
      and (select count(*) = 3 from pg_proc where pronamespace = to_regnamespace('auth') and proname in ('uid', 'jwt', 'role'))
      and to_regnamespace('extensions') is not null as complete`);
  return rows[0]?.complete ?? false;
}
