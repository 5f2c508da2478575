import type { ColumnType } from './column-types.ts';

export interface CatalogueColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** The chunk table that holds it, from 1. */
  readonly chunk: number;
}

export interface CatalogueVersion {
  readonly versionId: string;
  readonly number: number;
  readonly columns: readonly CatalogueColumn[];
  /** How many rows it had when it was looked up. */
  readonly rows: number;
  /** The columns that had an index then. */
  readonly indexed: readonly string[];
}

const limit = 1000;

/**
 * What a process remembers of versions: their columns never change, so they may be remembered for ever; their rows and
 * indexes do, so that nothing is refused for them before they are looked up again. It is a hint for building a query in
 * one round trip, never an answer: the query itself asks the database whether the caller may read the dataset and which
 * version is current (docs/adr/0005).
 */
export class CatalogueMemory {
  readonly #byDataset = new Map<string, CatalogueVersion>();

  /** The version last seen under this key (a dataset, or a dataset and a version's number). */
  recall(key: string): CatalogueVersion | undefined {
    const known = this.#byDataset.get(key);
    if (known) {
      this.#byDataset.delete(key);
      this.#byDataset.set(key, known);
    }
    return known;
  }

  remember(key: string, version: CatalogueVersion): void {
    this.#byDataset.set(key, version);
    const [oldest] = this.#byDataset.keys();
    if (this.#byDataset.size > limit && oldest !== undefined) this.#byDataset.delete(oldest);
  }

  forget(key: string): void {
    this.#byDataset.delete(key);
  }
}
