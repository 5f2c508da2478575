import { asSystem, type Database } from '@granary/db';
import type { DomainError, ExportManifest } from '@granary/domain';
import { sql } from 'kysely';
import type { ReadError } from '../reading/read-error.ts';

const interval = 500; // milliseconds between two writes of progress

/** How far an export is, on a connection of its own. What fails here is the database's trouble, which the export meets itself. */
export class ExportProgress {
  readonly #database: Database;
  readonly #exportId: string;
  #last = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database, exportId: string) {
    this.#database = database;
    this.#exportId = exportId;
  }

  async begin(): Promise<void> {
    await asSystem(this.#database, 'export: progress', (db) =>
      db
        .updateTable('dataset_exports')
        .set({ state: 'running', attempt: sql`attempt + 1`, rows: 0, started_at: sql`now()` })
        .where('id', '=', this.#exportId)
        .where('state', 'in', ['queued', 'running'])
        .execute(),
    );
  }

  report(rows: number): void {
    const now = performance.now();
    if (now - this.#last < interval) return;
    this.#last = now;
    this.#writing = this.#writing
      .then(() =>
        asSystem(this.#database, 'export: progress', (db) =>
          db
            .updateTable('dataset_exports')
            .set({ rows })
            .where('id', '=', this.#exportId)
            .where('state', '=', 'running')
            .execute(),
        ),
      )
      .catch(() => {});
  }

  /** Nothing is written after this resolves. */
  async stop(): Promise<void> {
    this.#last = Number.POSITIVE_INFINITY;
    await this.#writing;
  }
}

/** By the claim under which the file was put: rejects with DomainError conflict where it was collected meanwhile. */
export async function finishExport(
  database: Database,
  { tenantId, exportId, claim }: { readonly tenantId: string; readonly exportId: string; readonly claim: string },
  manifest: ExportManifest,
  hours: number,
): Promise<void> {
  await asSystem(database, 'export: progress', async (db) => {
    await sql`select app.hold_object(${tenantId}::uuid, ${manifest.sha256}, ${claim}::uuid)`.execute(db);
    await db
      .updateTable('dataset_exports')
      .set({
        state: 'ready',
        change_count: manifest.changeSet,
        rows: manifest.rows,
        bytes: manifest.bytes,
        sha256: manifest.sha256,
        manifest: JSON.stringify(manifest),
        finished_at: sql`now()`,
        expires_at: sql`now() + ${hours} * interval '1 hour'`,
      })
      .where('id', '=', exportId)
      .where('state', '=', 'running')
      .execute();
  });
}

/** With `createdBy`, only if that user asked for it: a forged job ends nobody else's export. */
export async function failExport(
  database: Database,
  exportId: string,
  { kind, message }: ReadError | DomainError,
  createdBy?: string,
): Promise<void> {
  await asSystem(database, 'export: progress', (db) =>
    db
      .updateTable('dataset_exports')
      .set({ state: 'failed', error: JSON.stringify({ kind, message }), finished_at: sql`now()` })
      .where('id', '=', exportId)
      .where('state', 'in', ['queued', 'running'])
      .$if(createdBy !== undefined, (q) => q.where('created_by', '=', createdBy!))
      .execute(),
  );
}

/** Results whose time is over refer to their object no more, which the collection of garbage then removes. */
export async function removeExpiredExports(database: Database): Promise<void> {
  await asSystem(database, 'export: expiry', (db) =>
    db
      .updateTable('dataset_exports')
      .set({ sha256: null, removed_at: sql`now()` })
      .where('state', '=', 'ready')
      .where('removed_at', 'is', null)
      .where('expires_at', '<=', sql<string>`now()`)
      .execute(),
  );
}
