import type { SystemDb } from '@granary/db';
import type { ReadPlugin } from '@granary/marketplaces';

/** Where a reading came from, and what it holds. */
export interface Reading {
  readonly sourceId: string;
  /** Null: of a source of the installation, whose facts every organization reads. */
  readonly tenantId: string | null;
  /** The connector's name. */
  readonly marketplace: string;
  readonly captureId: string;
  readonly capturedAt: Date;
  readonly origin: 'live' | 'import' | 'archive';
  readonly parser: { readonly name: string; readonly version: number };
  readonly plugins: readonly ReadPlugin[];
}

/**
 * Stores what one page said, in the caller's transaction, which also notes that the page has been read: the same reading twice
 * is as once. Returns of how many plugins something is other than it was.
 */
export type StoreReading = (
  db: SystemDb,
  reading: Reading,
) => Promise<{ readonly changed: number; readonly unchanged: number }>;
