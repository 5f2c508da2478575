import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileCipher, type ObjectKey, type ObjectStore } from '@granary/domain';

interface SealingOptions {
  readonly workDirectory: string;
  readonly signal: AbortSignal;
  claim(object: { readonly sha256: string; readonly bytes: number }): Promise<unknown>;
}

/** Encrypts a stored file into another one, which is claimed before it is put, and returns its digest. The first one stays. */
export async function sealStored(
  store: ObjectStore,
  plain: ObjectKey,
  fileKey: Uint8Array,
  { workDirectory, signal, claim }: SealingOptions,
): Promise<string> {
  const target = path.join(workDirectory, 'sealed');
  const digest = createHash('sha256');
  const cipher = fileCipher(fileKey, 0);
  let bytes = 0;
  async function* sealed(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      const stored = cipher.update(chunk);
      digest.update(stored);
      bytes += stored.length;
      yield stored;
    }
  }
  await pipeline(await store.read(plain), sealed, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  const sha256 = digest.digest('hex');
  await claim({ sha256, bytes });
  await store.putFile({ tenantId: plain.tenantId, sha256 }, target);
  return sha256;
}
