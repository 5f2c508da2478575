import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

export interface Retired {
  readonly datasetId: string;
  /** Numbers of versions. */
  readonly versions: readonly number[];
}

export interface RetentionOptions {
  readonly signal?: AbortSignal;
  /** Told of a dataset that this time nothing was removed of; the others are not kept from it. */
  onFailure(datasetId: string, error: unknown): void;
}

/**
 * Removes the versions that their datasets do not keep any longer, one dataset at a time. What is being read, or written,
 * stays until the next run.
 */
export async function applyRetention(database: Database, { signal, onFailure }: RetentionOptions): Promise<Retired[]> {
  const due = await asSystem(database, 'retention', (db) =>
    sql<{ id: string }>`select id from app.datasets_past_retention() as due (id)`.execute(db),
  );
  const retired: Retired[] = [];
  for (const { id: datasetId } of due.rows) {
    signal?.throwIfAborted();
    try {
      const { rows } = await asSystem(database, 'retention', (db) =>
        sql<{ versions: number[] }>`select app.apply_retention(${datasetId}::uuid) as versions`.execute(db),
      );
      const versions = rows[0]?.versions ?? [];
      if (versions.length > 0) retired.push({ datasetId, versions });
    } catch (error) {
      onFailure(datasetId, error);
    }
  }
  return retired;
}
