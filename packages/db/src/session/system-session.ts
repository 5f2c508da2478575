import {
  type Compilable,
  type CompiledQuery,
  Kysely,
  PostgresDialect,
  type QueryExecutorProvider,
  type Transaction,
} from 'kysely';
import type pg from 'pg';
import { typeParsers } from '../type-parsers.ts';
import type { DB } from '../types.gen.ts';
import { type BatchRows, isPlanBroken, runBatch, runBatchOn, type Statement } from './batch-query.ts';
import { type Database, query } from './session.ts';

declare const systemDb: unique symbol;

/** A transaction of the worker's own login. Only asSystem makes one. */
export type SystemDb = Transaction<DB> & { readonly [systemDb]: true };

/** What the worker does as itself. Each use is a line here, and none runs SQL that a tenant supplied. */
export type SystemReason =
  | 'load: progress'
  | 'load: publish'
  | 'load: failure'
  | 'load: keys'
  | 'load: original'
  | 'identifiers: migration'
  | 'copy: publish'
  | 'index: build'
  | 'index: failure'
  | 'uploads: expiry'
  | 'export: progress'
  | 'export: expiry'
  | 'replay: progress'
  | 'replay: publish'
  | 'run: progress'
  | 'run: housekeeping'
  | 'verification: end'
  | 'profile: rows'
  | 'profile: statistics'
  | 'mail: prepare'
  | 'mail: sent'
  | 'objects: collection'
  | 'credentials: expiry'
  | 'intake: expiry'
  | 'facts: reading'
  | 'facts: feeds'
  | 'facts: summaries'
  | 'housekeeping'
  | 'organization: erasure'
  | 'retention'
  | 'search: index'
  | 'repository: check'
  | 'repository: read'
  | 'image: build'
  | 'image: check'
  | 'audit: sealing'
  | 'audit: checkpoints'
  | 'audit: retention'
  | 'crawl: runs'
  | 'crawl: turns'
  | 'crawl: captures'
  | 'crawl: readings'
  | 'captures: retention'
  | 'webhooks: delivery'
  | 'outbox: dispatch'
  | 'notifications: due'
  | 'notifications: mails'
  | 'notifications: digests'
  | 'notifications: retention';

/** A query that is built, whose rows are `Row`: Kysely's own, or one in SQL. */
type Asked<Row> = Compilable<Row> | { compile(provider: QueryExecutorProvider): CompiledQuery<Row> };
type RowsOf<Q> = Q extends { compile(...provider: never[]): CompiledQuery<infer Row> } ? Row[] : never;
type RowsOfAll<Queries extends readonly Asked<unknown>[]> = { -readonly [K in keyof Queries]: RowsOf<Queries[K]> };

/** A transaction that is open, or about to be. */
interface Open {
  readonly client: pg.PoolClient;
  readonly prepared: boolean;
  /** What begins it, until that has been sent. */
  opening: readonly Statement[];
}
const transactions = new WeakMap<SystemDb, Open>();

/**
 * Runs `work` in one transaction of the worker's own login; commits when it resolves, rolls back when it throws. It begins with its
 * first statement.
 */
export async function asSystem<T>(
  database: Database,
  reason: SystemReason,
  work: (db: SystemDb) => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect();
  const open: Open = { client, prepared: database.prepared, opening: [begin, named(reason)] };
  let isUsable = false;
  try {
    const result = await work(systemDbOn(open));
    // an error that `work` swallowed turns COMMIT into ROLLBACK without a word
    const isCommitted = open.opening.length > 0 || (await client.query('commit')).command === 'COMMIT';
    isUsable = true;
    if (!isCommitted) throw new Error(`the transaction was rolled back (${reason})`);
    return result;
  } catch (error) {
    isUsable ||= !isPlanBroken(error) && (await rollBack(client));
    throw error;
  } finally {
    client.release(!isUsable);
  }
}

const begin: Statement = { text: 'begin', values: [], rowMode: 'text' };
const named = (reason: SystemReason): Statement => ({
  text: `select set_config('application_name', $1, true)`,
  values: [`granary ${reason}`],
  rowMode: 'text',
});

/** False where it could not be: then the connection is not given back. */
async function rollBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}

/** Kysely on the transaction's client, which stays lent until the transaction has ended. */
function systemDbOn(open: Open): SystemDb {
  const { client } = open;
  const query = async (text: string, values: readonly unknown[]) => {
    await send(open, []);
    return client.query(text, [...values]);
  };
  const lent = { query, release: () => {} } as never; // a client of pg, whose own types Kysely narrows
  const dialect = new PostgresDialect({ pool: { connect: async () => lent, end: async () => {}, options: {} } });
  const db = new Kysely<DB>({ dialect }) as unknown as SystemDb;
  transactions.set(db, open);
  return db;
}

async function send(open: Open, statements: readonly Statement[]): Promise<BatchRows[]> {
  const { opening } = open;
  open.opening = [];
  if (opening.length + statements.length === 0) return [];
  const options = { types: typeParsers, prepared: open.prepared };
  const results = await runBatchOn(open.client, [...opening, ...statements], options);
  return results.slice(opening.length);
}

/**
 * Several statements of such a transaction in one round trip, in their order; their rows. Each sees what the ones before it did and
 * waited for. Where one fails, those after it are not run, and neither is what follows in the transaction.
 */
export async function together<const Queries extends readonly Asked<unknown>[]>(
  db: SystemDb,
  ...queries: Queries
): Promise<RowsOfAll<Queries>> {
  const open = transactions.get(db);
  if (!open) throw new Error('this is no transaction of asSystem');
  return (await send(open, queries.map(statementOf))) as never;
}

/**
 * A transaction that is these statements alone: one round trip, begin and commit included. Not `durable`: the server may forget it
 * if it crashes within the next moment; what is committed durably after it is not there without it.
 */
export async function onceAsSystem<const Queries extends readonly Asked<unknown>[]>(
  database: Database,
  reason: SystemReason,
  { durable }: { readonly durable: boolean },
  ...queries: Queries
): Promise<RowsOfAll<Queries>> {
  const opening = [named(reason), ...(durable ? [] : [afterwards])];
  const options = { types: typeParsers, prepared: database.prepared };
  const results = await runBatch(database.pool, [...opening, ...queries.map(statementOf)], options);
  return results.slice(opening.length) as never;
}

function statementOf(asked: Asked<unknown>): Statement {
  const { sql: text, parameters: values } = asked.compile(query);
  return { text, values, rowMode: 'object' };
}

const afterwards: Statement = {
  text: `select set_config('synchronous_commit', 'off', true)`,
  values: [],
  rowMode: 'text',
};
