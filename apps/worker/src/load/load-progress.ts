import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

export interface LoadProgressUpdate {
  readonly phase: string;
  readonly bytesDone?: number;
  readonly bytesTotal?: number;
  readonly rowsDone?: number;
}

const interval = 400; // milliseconds between writes

/**
 * Writes how far a load is, on a connection of its own, so that readers see it while the load's transaction is open. At
 * most one write at a time; what comes faster than the interval is merged. A write that fails is the database's trouble,
 * which the load itself will meet: it is not thrown from here.
 */
export class LoadProgress {
  readonly #database: Database;
  readonly #versionId: string;
  readonly #onError: (error: unknown) => void;
  #latest: LoadProgressUpdate = { phase: 'queued' };
  #written: LoadProgressUpdate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, versionId: string, onError: (error: unknown) => void) {
    this.#database = database;
    this.#versionId = versionId;
    this.#onError = onError;
  }

  report(update: LoadProgressUpdate): void {
    const samePhase = update.phase === this.#latest.phase;
    this.#latest = samePhase
      ? { ...this.#latest, ...update }
      : { bytesDone: 0, rowsDone: this.#latest.rowsDone ?? 0, ...update };
    this.#timer ??= setTimeout(() => this.#flush(), samePhase ? interval : 0);
  }

  /** Nothing is written after this resolves. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
  }

  #flush(): void {
    this.#timer = undefined;
    const update = this.#latest;
    if (update === this.#written) return;
    this.#writing = this.#writing.then(() => this.#write(update)).catch(this.#onError);
    this.#written = update;
  }

  async #write({ phase, bytesDone, bytesTotal, rowsDone }: LoadProgressUpdate): Promise<void> {
    await asSystem(this.#database, 'load: progress', (db) =>
      db
        .updateTable('dataset_loads')
        .set({
          phase,
          updated_at: sql`now()`,
          ...(bytesDone !== undefined && { bytes_done: Math.round(bytesDone) }),
          ...(bytesTotal !== undefined && { bytes_total: Math.round(bytesTotal) }),
          ...(rowsDone !== undefined && { rows_done: rowsDone }),
        })
        .where('version_id', '=', this.#versionId)
        .where('state', '=', 'running') // never over the account of a load that is done
        .execute(),
    );
  }
}
