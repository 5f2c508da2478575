import { createHash, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { onceAsSystem } from '@granary/db';
import { DomainError } from '@granary/domain';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';

export interface StoredBody {
  readonly bodySha256: string;
  readonly bodyBytes: number;
  /** Of the object, which is the body compressed. */
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: 'zstd' | 'gzip';
  /** Is handed in with the reference to the object. */
  readonly claim: string;
}

type BodyContext = Pick<CrawlContext, 'database' | 'store' | 'workDirectory'>;

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Puts a body into the object store, compressed, unless it is there. It is spared by the collector for the grace period. */
export async function storeBody(
  { database, store, workDirectory }: BodyContext,
  ownerId: string,
  body: Uint8Array,
): Promise<StoredBody> {
  const compressed = await compress(body);
  const [sha256, bytes] = [digestOf(compressed), compressed.byteLength];
  const [[claimed]] = await onceAsSystem(
    database,
    'crawl: captures',
    { durable: false }, // without it the capture cannot be, and that one is
    sql<{ claim: string }>`select app.claim_capture_object(${ownerId}::uuid, ${sha256}, ${bytes}) as claim`,
  );
  if (!(await store.stat({ tenantId: ownerId, sha256 }))) {
    // named as what is read as a file is, so that a worker that starts knows whose it was
    const file = path.join(workDirectory, `object-${process.pid}-${randomUUID()}`);
    try {
      await writeFile(file, compressed, { mode: 0o600 });
      await store.putFile({ tenantId: ownerId, sha256 }, file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }
  return {
    bodySha256: digestOf(body),
    bodyBytes: body.byteLength,
    sha256,
    bytes,
    encoding: 'zstd',
    claim: claimed?.claim ?? '',
  };
}

const small = 256 * 1024;

/** What takes less time than to be handed to another thread, which the disk keeps waiting, is done at once. */
const compress = async (body: Uint8Array): Promise<Buffer> =>
  body.byteLength <= small ? zstdCompressSync(body) : promisify(zstdCompress)(body);

/** A body as it was received. Throws DomainError where the store does not have what was put there. */
export async function loadBody(
  { store }: Pick<CrawlContext, 'store'>,
  ownerId: string,
  { sha256, bodySha256, encoding }: Pick<StoredBody, 'sha256' | 'bodySha256'> & { readonly encoding: string },
): Promise<Uint8Array> {
  const compressed = await buffer(await store.read({ tenantId: ownerId, sha256 }));
  const body = await (encoding === 'gzip' ? promisify(gunzip)(compressed) : promisify(zstdDecompress)(compressed));
  if (digestOf(body) !== bodySha256) throw new DomainError('unavailable', 'a capture is not what was stored');
  return body;
}
