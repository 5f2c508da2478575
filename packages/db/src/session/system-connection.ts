import type pg from 'pg';
import { claimsOf, type Identity } from './identity.ts';
import type { Database, SystemReason } from './session.ts';

/**
 * A transaction of the worker's own login on a bare connection, for what Kysely cannot do: COPY. Without a statement
 * timeout, because filling a table may take as long as it takes. A connection that failed is not given back.
 */
export async function onSystemConnection<T>(
  database: Database,
  reason: SystemReason,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect();
  let failed: Error | boolean = true;
  try {
    await client.query('begin');
    await client.query(`select set_config('application_name', $1, true), set_config('statement_timeout', '0', true)`, [
      `granary ${reason}`,
    ]);
    const result = await work(client);
    const { command } = await client.query('commit');
    // an error that `work` swallowed turns COMMIT into ROLLBACK without a word
    if (command !== 'COMMIT') throw new Error(`the transaction was rolled back (${reason})`);
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
