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

export interface ListedObject extends ObjectKey, StoredObject {
  /** When it was put. */
  readonly modifiedAt: Date;
}

/**
 * Where originals live: content-addressed, never changed. Adapters: packages/object-store. All methods reject with
 * DomainError unavailable where the store does not answer.
 */
export interface ObjectStore {
  /**
   * Takes the file over (moves it where it can); it is durable when the promise resolves. Idempotent. Claim the object
   * before (claimObject), or it may be collected as soon as it is there.
   */
  putFile(key: ObjectKey, path: string): Promise<void>;
  /** Null when there is none. */
  stat(key: ObjectKey): Promise<StoredObject | null>;
  /** Bytes from `start` to `end`, both inclusive, or all. Throws DomainError not_found. */
  read(key: ObjectKey, range?: { start: number; end: number }): Promise<Readable>;
  /** A path that another process may read the bytes at until `release` is called. */
  asFile(key: ObjectKey): Promise<{ path: string; release(): Promise<void> }>;
  delete(key: ObjectKey): Promise<void>;
  /** All objects, or one tenant's, in no order. What is put or deleted meanwhile may be there or not. */
  list(tenantId?: string): AsyncIterable<ListedObject>;
  /** Where the store can: a URL at which anybody can get the bytes for so many seconds, under that Content-Disposition. */
  presign?(key: ObjectKey, options: { readonly contentDisposition: string; readonly seconds: number }): Promise<string>;
  /**
   * Where the store can: puts a file of the installation under a name, for programs that read the store themselves. It takes
   * the place of what had the name, whole or not at all. Throws DomainError invalid for a name that requirePublishedName refuses.
   */
  publish?(name: string, file: { readonly path: string; readonly sha256: string }): Promise<void>;
  /** Of what was published under the name: how long all of it is, and all bytes or some. Throws DomainError not_found. */
  readPublished?(
    name: string,
    range?: { start: number; end: number },
  ): Promise<{ readonly bytes: number; readonly content: Readable }>;
}
