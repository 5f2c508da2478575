import { createHash, randomInt } from 'node:crypto';
import pg from 'pg';

/**
 * Several packages' test runs share one server, and runs get killed. So each run holds an advisory lock, its lease,
 * for as long as its connection lives; a database whose lease nobody holds is a leftover. Advisory locks belong to
 * a database, so every lease is taken in the administrator's one.
 */
export type Lease = number;

const leaseSpace = 7263002;
const serverLease: Lease = 0;

export const newRunLease = (): Lease => randomInt(1, 2 ** 31);
export const databaseName = (lease: Lease, suffix: string): string => `granary_test_${lease}_${suffix}`;

/** The same content gives the same lease, so that runs at the same time share one template. */
export function contentLease(content: string): Lease {
  return (createHash('sha256').update(content).digest().readUInt32BE() >>> 1) + 1;
}

/** Opens the connection that holds the leases of one run. */
export async function holdLeases(url: string, leases: readonly Lease[]): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'granary test run' });
  client.on('error', () => {});
  await client.connect();
  for (const lease of [serverLease, ...leases]) {
    await client.query('select pg_advisory_lock_shared($1, $2)', [leaseSpace, lease]);
  }
  return client;
}

/** How many runs there are on the server, one's own included. */
export async function countRuns(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ runs: number }>(
    `select count(*)::int as runs from pg_locks where locktype = 'advisory' and granted
       and database = (select oid from pg_database where datname = current_database())
       and classid = $1::oid and objid = $2::oid`,
    [leaseSpace, serverLease],
  );
  return rows[0]?.runs ?? 0;
}

/** Ends one's own run; true when no other is left. Whoever arrives then waits until this client is gone. */
export async function leave(client: pg.ClientBase): Promise<boolean> {
  await client.query('select pg_advisory_unlock_shared($1, $2)', [leaseSpace, serverLease]);
  return tryLock(client, serverLease);
}

/** Drops the databases of runs that are over, and templates of other migrations. */
export async function dropLeftovers(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string; lease: number }>(
    `select datname as name, substring(datname from '^granary_test_(\\d+)_')::int as lease
     from pg_database where datname ~ '^granary_test_\\d+_'`,
  );
  for (const lease of new Set(rows.map((row) => row.lease))) {
    if (!(await tryLock(client, lease))) continue;
    for (const row of rows.filter((one) => one.lease === lease)) await dropDatabase(client, row.name);
    await client.query('select pg_advisory_unlock($1, $2)', [leaseSpace, lease]);
  }
}

/** Drops every database of a lease that is one's own. */
export async function dropDatabasesOf(client: pg.ClientBase, lease: Lease): Promise<void> {
  const prefix = databaseName(lease, '');
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [prefix],
  );
  for (const { name } of rows) await dropDatabase(client, name);
}

export async function dropDatabase(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

async function tryLock(client: pg.ClientBase, lease: Lease): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1, $2) as free', [
    leaseSpace,
    lease,
  ]);
  return rows[0]?.free ?? false;
}
