import { createHash } from 'node:crypto';
import { fileCipher, type ObjectKey, type ObjectStore } from '@granary/domain';
import { ReadError } from '../reading/read-error.ts';

const changed = (): ReadError =>
  new ReadError('corrupt', 'The stored file is not the one that was uploaded: its digest differs. Nothing was loaded.');

/**
 * The bytes of a sealed file as they were sent. Ends with ReadError corrupt, and never as if it were whole, where what is
 * stored is not what its digest says.
 */
export async function* openSealedBytes(
  store: ObjectStore,
  key: ObjectKey,
  fileKey: Uint8Array,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  const cipher = fileCipher(fileKey, 0);
  let bytes = 0;
  for await (const stored of (await store.read(key)) as AsyncIterable<Buffer>) {
    digest.update(stored);
    bytes += stored.length;
    onProgress(bytes);
    yield cipher.update(stored);
  }
  if (digest.digest('hex') !== key.sha256) throw changed();
}

/** Throws ReadError corrupt if what is stored is not what its digest says: asked when it could not be read. */
export async function verifyStored(store: ObjectStore, key: ObjectKey): Promise<void> {
  const digest = createHash('sha256');
  for await (const stored of (await store.read(key)) as AsyncIterable<Buffer>) digest.update(stored);
  if (digest.digest('hex') !== key.sha256) throw changed();
}
