import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectKey } from '@granary/domain';
import { requireDigest } from './check-digest.ts';
import { isPassing } from './s3-errors.ts';

const attempts = 5;

/**
 * Writes an object of `bytes` bytes to a new file, goes on where a connection broke, and throws unless what is there then
 * has the digest.
 */
export async function fetchFile(
  { sha256 }: ObjectKey,
  path: string,
  bytes: number,
  readFrom: (start: number) => Promise<Readable>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let offset = 0;
    for (let attempt = 1; offset < bytes; attempt += 1) {
      try {
        for await (const chunk of await readFrom(offset)) {
          await file.writeFile(chunk);
          hash.update(chunk);
          offset += chunk.length;
        }
      } catch (error) {
        if (!isPassing(error) || attempt === attempts) throw error;
        await sleep(100 * 2 ** attempt);
      }
    }
    requireDigest(hash.digest('hex'), sha256);
  } finally {
    await file.close();
  }
}
