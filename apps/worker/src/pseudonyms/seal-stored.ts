import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileCipher, type ObjectKey, type ObjectStore } from '@granary/domain';

/** Encrypts a stored file into another one, of which it returns the digest. The first one stays. */
export async function sealStored(
  store: ObjectStore,
  plain: ObjectKey,
  fileKey: Uint8Array,
  { workDirectory, signal }: { readonly workDirectory: string; readonly signal: AbortSignal },
): Promise<string> {
  const target = path.join(workDirectory, 'sealed');
  const digest = createHash('sha256');
  const cipher = fileCipher(fileKey, 0);
  async function* sealed(bytes: AsyncIterable<Buffer>) {
    for await (const chunk of bytes) {
      const stored = cipher.update(chunk);
      digest.update(stored);
      yield stored;
    }
  }
  await pipeline(await store.read(plain), sealed, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  const sha256 = digest.digest('hex');
  await store.putFile({ tenantId: plain.tenantId, sha256 }, target);
  return sha256;
}
