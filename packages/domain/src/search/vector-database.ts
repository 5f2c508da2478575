/** A vector with what it is found by in another database than ours. */
export interface PlacedVector {
  readonly key: string;
  readonly vector: readonly number[];
  /** dataset, block or edge. */
  readonly kind: string;
  readonly categories: readonly string[];
}

export interface NearestQuery {
  readonly vector: readonly number[];
  readonly most: number;
  readonly kinds: readonly string[];
  /** Only what is in one of these. */
  readonly categories?: readonly string[] | undefined;
}

/**
 * Another database that holds vectors. Each organization has a namespace in it. It only proposes: what may be read, our own
 * database decides.
 */
export interface VectorDatabase {
  readonly name: 'pinecone';
  /** Replaces what has the same key. */
  put(namespace: string, vectors: readonly PlacedVector[], signal?: AbortSignal): Promise<void>;
  /** What is not there is no error. */
  remove(namespace: string, keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Keys, nearest first. */
  nearest(namespace: string, query: NearestQuery, signal?: AbortSignal): Promise<readonly string[]>;
}
