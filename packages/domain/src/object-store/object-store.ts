import type { Readable } from 'node:stream';

/** A stored object: `<tenant>/<sha256>`. Nothing is shared across tenants: that would reveal what others have. */
export interface ObjectKey {
  readonly tenantId: string;
  /** Lower-case hex SHA-256 of the bytes. */
  readonly sha256: string;
}

export interface StoredObject {
  readonly bytes: number;
}

/** Where originals live: content-addressed, never changed. Adapters: packages/object-store. */
export interface ObjectStore {
  /** Takes the file over (moves it where it can); it is durable when the promise resolves. Idempotent. */
  putFile(key: ObjectKey, path: string): Promise<void>;
  /** Null when there is none. */
  stat(key: ObjectKey): Promise<StoredObject | null>;
  /** Bytes from `start` to `end`, both inclusive, or all. Throws DomainError not_found. */
  read(key: ObjectKey, range?: { start: number; end: number }): Promise<Readable>;
  /** A path that another process may read the bytes at until `release` is called. */
  asFile(key: ObjectKey): Promise<{ path: string; release(): Promise<void> }>;
  delete(key: ObjectKey): Promise<void>;
}
