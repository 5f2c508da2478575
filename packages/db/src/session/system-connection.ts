import type pg from 'pg';
import { claimsOf, type Identity } from './identity.ts';
import type { Database } from './session.ts';
import type { SystemReason } from './system-session.ts';

type Work<T> = (client: pg.PoolClient) => Promise<T>;

/**
 * A transaction of the worker's own login on a bare connection, for what Kysely cannot do: COPY. Without a statement
 * timeout, because filling a table may take as long as it takes. A connection that failed is not given back.
 */
export function onSystemConnection<T>(database: Database, reason: SystemReason, work: Work<T>): Promise<T> {
  return inTransaction(database, `granary ${reason}`, 'begin', work);
}

/** The same with one snapshot for all that it reads; it writes nothing. */
export function onSystemSnapshot<T>(database: Database, reason: SystemReason, work: Work<T>): Promise<T> {
  return inTransaction(database, `granary ${reason}`, beginSnapshot, async (client) => {
    await client.query(textSettings);
    return work(client);
  });
}

/**
 * One snapshot of what a user may read of one dataset, on a bare connection and without a statement timeout: for reading
 * all of its rows at once. Rejects with SQLSTATE GR401, GR403 or GR404 where the user may not. That they still may at the
 * end is the caller's to ask again: a snapshot does not see what is taken back meanwhile.
 */
export function onUserSnapshot<T>(
  database: Database,
  identity: Identity,
  dataset: { readonly permission: string; readonly datasetId: string; readonly version: number },
  work: Work<T>,
): Promise<T> {
  return inTransaction(database, 'granary export: rows', beginSnapshot, async (client) => {
    await client.query(textSettings);
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    await client.query('select app.open_dataset($1, $2, $3, false)', [
      dataset.permission,
      dataset.datasetId,
      dataset.version,
    ]);
    await client.query('set local role granary_member');
    return work(client);
  });
}

/**
 * One snapshot of what a user may read, of several datasets: row level security says which rows those are, and none comes of a
 * dataset that they may not read. Otherwise as onUserSnapshot.
 */
export function onMemberSnapshot<T>(
  database: Database,
  identity: Identity,
  permission: string,
  work: Work<T>,
): Promise<T> {
  return inTransaction(database, 'granary run: rows', beginSnapshot, async (client) => {
    await client.query(textSettings);
    await client.query(`select set_config('request.jwt.claims', $1, true), app.open_session($2)`, [
      claimsOf(identity),
      permission,
    ]);
    await client.query('set local role granary_member');
    return work(client);
  });
}

const beginSnapshot = 'begin isolation level repeatable read, read only';
/** Values leave Postgres as text, which these decide the form of. */
const textSettings = `set local TimeZone = 'UTC'; set local DateStyle = 'ISO, YMD'; set local extra_float_digits = 1`;

async function inTransaction<T>(database: Database, name: string, begin: string, work: Work<T>): Promise<T> {
  const client = await database.pool.connect();
  let failed: Error | boolean = true;
  try {
    await client.query(begin);
    await client.query(`select set_config('application_name', $1, true), set_config('statement_timeout', '0', true)`, [
      name,
    ]);
    const result = await work(client);
    const { command } = await client.query('commit');
    // an error that `work` swallowed turns COMMIT into ROLLBACK without a word
    if (command !== 'COMMIT') throw new Error(`the transaction was rolled back (${name})`);
    failed = false;
    return result;
  } finally {
    client.release(failed);
  }
}

/**
 * A part of such a transaction in which the connection is one user, with the rights and the access of the moment. What it
 * does is committed, or not, with the rest. Rejects with SQLSTATE GR401, GR403 or GR404 where the session may not be opened.
 */
export async function asUserOnConnection<T>(
  client: pg.PoolClient,
  identity: Identity,
  permission: string,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(
    `select set_config('request.jwt.claims', $1, true), app.open_session($2), set_config('role', 'granary_member', true)`,
    [claimsOf(identity), permission],
  );
  const result = await work();
  // after a failure there is nothing to give back: the transaction is at its end
  await client.query(`select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)`);
  return result;
}
