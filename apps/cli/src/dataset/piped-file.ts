import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * What comes through a pipe as a file, because an upload says first how long it is. For this account alone, and gone when
 * `use` is done. `onProgress` hears of the bytes so far.
 */
export async function withPipedFile<T>(
  input: Readable,
  onProgress: (bytes: number) => void,
  use: (file: { path: string; bytes: number }) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-pipe-'));
  try {
    const file = path.join(folder, 'piped');
    let bytes = 0;
    const counted = async function* (source: AsyncIterable<Buffer>) {
      for await (const piece of source) {
        bytes += piece.length;
        onProgress(bytes);
        yield piece;
      }
    };
    await pipeline(input, counted, createWriteStream(file, { mode: 0o600 }));
    return await use({ path: file, bytes: (await stat(file)).size });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
