import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type Transaction,
} from 'kysely';
import type pg from 'pg';
import { typeParsers } from '../type-parsers.ts';
import type { DB } from '../types.gen.ts';
import { type BatchRows, runBatch, type Statement, type TextRow } from './batch-query.ts';
import { claimsOf, type Identity, type Operator, type Visit } from './identity.ts';

declare const tenantDb: unique symbol;
declare const identityDb: unique symbol;

/**
 * A transaction in which row level security sees one user. Only asUser makes one, so a function that takes a TenantDb
 * cannot be handed the bare pool, whose role would see nothing.
 */
export type TenantDb = Transaction<DB> & { readonly [tenantDb]: true };

/** A transaction of the identity login, on credentials. Only asIdentity makes one. */
export type IdentityDb = Transaction<DB> & { readonly [identityDb]: true };

/** One login's way to the database. `prepared`: named statements, never through a pooler in transaction mode. */
export interface Database {
  readonly pool: pg.Pool;
  readonly kysely: Kysely<DB>;
  readonly prepared: boolean;
}

export function createDatabase(pool: pg.Pool, options: { prepared: boolean }): Database {
  return { pool, kysely: new Kysely<DB>({ dialect: new PostgresDialect({ pool }) }), prepared: options.prepared };
}

/** Builds queries and runs none; a Reader (or a transaction) does. */
export const query: Kysely<DB> = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

type RowsOf<Q> = Q extends Compilable<infer Row> ? Row[] : never;

/** Reads as one user. Every call is a transaction of its own, in one round trip. */
export interface Reader {
  rows<Row>(query: Compilable<Row>): Promise<Row[]>;
  /** Several reads of one snapshot-per-statement transaction, still in one round trip. */
  together<const Queries extends readonly Compilable<unknown>[]>(
    ...queries: Queries
  ): Promise<{ -readonly [K in keyof Queries]: RowsOf<Queries[K]> }>;
  /** A query on tables whose types the caller knows: rows in Postgres' text form. */
  text(query: Compilable<unknown>): Promise<TextRow[]>;
  /**
   * As text, for a query on the tables of one dataset; with it comes the id of the version that the caller may read: the
   * one with this number or alias, or the current one. Rejects with SQLSTATE GR404, and does not run the query, where there
   * is none for this caller.
   */
  dataset(
    ids: { readonly datasetId: string; readonly version: number | string | null },
    query: Compilable<unknown>,
  ): Promise<{ versionId: string; rows: TextRow[] }>;
}

/** What a read is about, so that the database can say whether it has to be recorded. */
export interface WatchedRead {
  readonly datasetId: string | null;
  /** It names its dataset otherwise than by its id. */
  readonly byName: boolean;
}

const asMember = `set_config('role', 'granary_member', true), set_config('transaction_read_only', 'on', true)`;
const openForReading = {
  unwatched: `select set_config('request.jwt.claims', $1, true), app.open_session($2), ${asMember}`,
  watched: `select set_config('request.jwt.claims', $1, true), app.open_session($2), app.refuse_unrecorded($3, $4), ${asMember}`,
};
const openDataset = `select app.open_dataset($2, $3, $4, $5), ${asMember} from set_config('request.jwt.claims', $1, true)`;

/**
 * The fast path for requests that only read: opening the session (which checks the credential and `permission`) and the
 * queries travel together. Rejects with SQLSTATE GR401, GR403 or GR404 when the session may not be opened; with GR490, of a
 * read that is watched, when it has to be recorded: then it is for the caller to read unwatched and to write the event.
 */
export function readAsUser(
  database: Database,
  identity: Identity,
  permission: string | null,
  watch?: WatchedRead,
): Reader {
  const claims = claimsOf(identity);
  const run = (opening: Statement, statements: readonly Statement[]): Promise<BatchRows[]> =>
    runBatch(database.pool, [opening, ...statements], { types: typeParsers, prepared: database.prepared });
  const inSession = async (...statements: Statement[]): Promise<BatchRows[]> => {
    const results = await run(
      watch
        ? { text: openForReading.watched, values: [claims, permission, watch.datasetId, watch.byName], rowMode: 'text' }
        : { text: openForReading.unwatched, values: [claims, permission], rowMode: 'text' },
      statements,
    );
    return results.slice(1);
  };
  return {
    async rows<Row>(compilable: Compilable<Row>): Promise<Row[]> {
      const [rows] = await inSession(statementOf(compilable, 'object'));
      return rows as Row[];
    },
    async together(...queries) {
      const results = await inSession(...queries.map((each) => statementOf(each, 'object')));
      return results as never;
    },
    async text(compilable) {
      const [rows] = await inSession(statementOf(compilable, 'text'));
      return rows as TextRow[];
    },
    async dataset({ datasetId, version }, compilable) {
      const values = [claims, permission, datasetId, version, watch !== undefined];
      const opening: Statement = { text: openDataset, values, rowMode: 'text' };
      const idOf = (opened: BatchRows | undefined) => (opened as TextRow[])[0]?.[0] ?? '';
      const [opened, found] = await run(opening, [statementOf(compilable, 'text')]);
      const rows = found as TextRow[];
      if (rows.length > 0) return { versionId: idOf(opened), rows };
      // each statement has a snapshot of its own: access that was lost between the two looks like no rows at all
      const [again] = await run(opening, []);
      return { versionId: idOf(again), rows };
    },
  };
}

function statementOf(compilable: Compilable<unknown>, rowMode: Statement['rowMode']): Statement {
  const { sql: text, parameters } = compilable.compile();
  return { text, values: parameters, rowMode };
}

/**
 * Runs `work` as that user in one transaction; commits when it resolves, rolls back when it throws. The settings are
 * transaction-local (the last argument), so they end with the transaction whatever ends it, and the next user of the
 * pooled connection cannot inherit them.
 */
export function asUser<T>(
  database: Database,
  identity: Identity,
  permission: string | null,
  work: (db: TenantDb) => Promise<T>,
): Promise<T> {
  return database.kysely.transaction().execute(async (transaction) => {
    await sql`select set_config('request.jwt.claims', ${claimsOf(identity)}, true), app.open_session(${permission}),
      set_config('role', 'granary_member', true)`.execute(transaction);
    return work(transaction as TenantDb);
  });
}

/**
 * Runs `work` on credentials in one transaction of the identity login. Somebody who is signed in has their credential
 * checked first: rejects with SQLSTATE GR401 when it does not hold, GR404 when they left the organization.
 */
export function asIdentity<T>(
  identityDatabase: Database,
  caller: Identity | Visit | Operator,
  work: (db: IdentityDb) => Promise<T>,
): Promise<T> {
  return identityDatabase.kysely.transaction().execute(async (transaction) => {
    const claims = sql`set_config('request.jwt.claims', ${claimsOf(caller)}, true)`;
    await ('userId' in caller ? sql`select ${claims}, app.open_session(null)` : sql`select ${claims}`).execute(
      transaction,
    );
    return work(transaction as IdentityDb);
  });
}

/** What follows in the transaction concerns this organization, or none, though the caller may be at work in another. */
export async function turnTo(
  db: IdentityDb,
  caller: Identity | Visit | Operator,
  tenantId: string | null,
): Promise<void> {
  const { tenantId: _, ...elsewhere }: Visit & Partial<Identity> = caller;
  const claims = claimsOf({ ...elsewhere, ...(tenantId !== null && { tenantId }) });
  await sql`select set_config('request.jwt.claims', ${claims}, true)`.execute(db);
}
