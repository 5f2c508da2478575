import type { Embedder } from './embedder.ts';
import type { VectorDatabase } from './vector-database.ts';

/** What a search needs beside the database; without it, it goes by words. */
export interface SearchServices {
  readonly embedder: Embedder;
  /** Where the vectors are, if not in our tables. */
  readonly vectors?: VectorDatabase | undefined;
}
