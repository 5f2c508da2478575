import { createHash } from 'node:crypto';

/** Passes the bytes on, and throws instead of ending when they are not those of the digest. */
export async function* checkDigest(chunks: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  requireDigest(hash.digest('hex'), sha256);
}

export function requireDigest(found: string, sha256: string): void {
  if (found !== sha256) throw new Error(`damaged: the bytes of the object ${sha256} have the digest ${found}`);
}
