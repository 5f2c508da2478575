/// <reference path="./pg-internals.d.ts" />
import pg from 'pg';
import { prepareValue } from 'pg/lib/utils.js';
import { serialize } from 'pg-protocol';
import { StatementCache } from './statement-cache.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** 'object': parsed by the pool's type parsers. 'text': arrays of Postgres' text form, for a caller that knows the types. */
  readonly rowMode: 'object' | 'text';
}

export type TextRow = (string | null)[];
export type BatchRows = Record<string, unknown>[] | TextRow[];

interface FieldDescription {
  readonly name: string;
  readonly dataTypeID: number;
}
type Parser = (text: string) => unknown;

/**
 * Several statements under one Sync. Everything between two Syncs is one transaction (PostgreSQL, protocol flow,
 * 55.2.4), so the first may set transaction-local settings that hold for the others and are gone afterwards: one
 * round trip, no BEGIN or COMMIT, nothing for a transaction-mode pooler to tear apart.
 *
 * Like pg-cursor it speaks to pg's connection through the Submittable protocol, which @types/pg leaves out.
 */
export class BatchQuery {
  readonly #statements: readonly Statement[];
  readonly #types: pg.CustomTypesConfig;
  readonly #usePrepared: boolean;
  readonly #settle: (error: Error | undefined, rows: BatchRows[]) => void;
  readonly #results: BatchRows[];
  #cache: StatementCache | undefined;
  #current = 0;
  #fields: readonly FieldDescription[] = [];
  #parsers: readonly Parser[] = [];
  #settled = false;

  constructor(
    statements: readonly Statement[],
    options: { types: pg.CustomTypesConfig; prepared: boolean },
    settle: (error: Error | undefined, rows: BatchRows[]) => void,
  ) {
    this.#statements = statements;
    this.#types = options.types;
    this.#usePrepared = options.prepared;
    this.#settle = settle;
    this.#results = statements.map(() => []);
  }

  submit(connection: { readonly stream: { write(bytes: Buffer): unknown } }): Error | null {
    try {
      this.#cache = this.#usePrepared ? StatementCache.of(connection) : undefined;
      // one write for the whole batch, and none at all where a value cannot be sent
      connection.stream.write(
        Buffer.concat(this.#statements.flatMap((statement) => this.#messagesOf(statement)).concat(serialize.sync())),
      );
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #messagesOf({ text, values, rowMode }: Statement): Buffer[] {
    const { name, messages } = this.#cache?.prepare(text) ?? { name: '', messages: [serialize.parse({ text })] };
    return [
      ...messages,
      serialize.bind({ statement: name, values: [...values], valueMapper: prepareValue }),
      ...(rowMode === 'object' ? [serialize.describe({ type: 'P' })] : []), // text needs no description
      serialize.execute({}),
    ];
  }

  handleRowDescription(message: { fields: readonly FieldDescription[] }): void {
    this.#fields = message.fields;
    this.#parsers = message.fields.map(({ dataTypeID }) => this.#types.getTypeParser(dataTypeID, 'text') as Parser);
  }

  handleDataRow({ fields }: { fields: TextRow }): void {
    const rows = this.#results[this.#current];
    if (this.#statements[this.#current]?.rowMode === 'text') {
      (rows as TextRow[]).push(fields);
      return;
    }
    try {
      (rows as Record<string, unknown>[]).push(this.#toObject(fields));
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)));
    }
  }

  handleCommandComplete(): void {
    this.#current += 1;
  }

  handleError(error: Error): void {
    this.#cache?.forget();
    this.#finish(error);
  }

  handleReadyForQuery(): void {
    this.#cache?.keep();
    this.#finish(undefined);
  }

  handleEmptyQuery(): void {
    this.#current += 1;
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: { sendCopyFail(message: string): void }): void {
    connection.sendCopyFail('a batch cannot COPY');
  }

  handleCopyData(): void {}

  #toObject(fields: TextRow): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < fields.length; index += 1) {
      const text = fields[index];
      row[this.#fields[index]!.name] = text == null ? null : this.#parsers[index]!(text);
    }
    return row;
  }

  #finish(error: Error | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(error, this.#results);
  }
}

/** Runs the statements on a client of the pool, in one transaction and one round trip; their rows, in order. */
export async function runBatch(
  pool: pg.Pool,
  statements: readonly Statement[],
  options: { types: pg.CustomTypesConfig; prepared: boolean },
): Promise<BatchRows[]> {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    return await runBatchOn(client, statements, options);
  } catch (error) {
    if (isPlanBroken(error)) failed = error;
    throw error;
  } finally {
    client.release(failed);
  }
}

/** The same on this client: a part of the transaction that is open there, or one of its own. */
export function runBatchOn(
  client: pg.PoolClient,
  statements: readonly Statement[],
  options: { types: pg.CustomTypesConfig; prepared: boolean },
): Promise<BatchRows[]> {
  return new Promise((resolve, reject) => {
    const query = new BatchQuery(statements, options, (error, rows) => (error ? reject(error) : resolve(rows)));
    client.query(query as unknown as pg.Submittable);
  });
}

/** A prepared plan whose result changed its type stays broken on its connection, which is to be let go. */
export const isPlanBroken = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.code === '0A000';
