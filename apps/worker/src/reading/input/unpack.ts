import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ReadError } from '../read-error.ts';
import { ByteBudget } from './byte-budget.ts';
import { containerOf } from './file-kind.ts';
import { FileWriter } from './file-writer.ts';

export interface Unpacking {
  readonly path: string;
  readonly container: 'gzip' | 'zstd';
  readonly target: string;
  readonly maxBytes: number;
  onProgress(bytesRead: number, totalBytes: number): void;
}

/**
 * Writes what is packed in a gzip (RFC 1952, also of several members) or zstd (RFC 8878, also of several frames) file to
 * `target`. Throws ReadError: `corrupt` if it is damaged or cut off, which other readers pass over in silence;
 * `too_large` past the limit.
 */
export async function unpack({ path, container, target, maxBytes, onProgress }: Unpacking): Promise<void> {
  const { size } = await stat(path);
  const file = new FileWriter(target);
  let from = 0;
  const budget = new ByteBudget(maxBytes, size);
  const check = (bytes: Buffer, bytesRead: number) => {
    budget.spend(bytes.length);
    file.bytes(bytes, 0, bytes.length);
    onProgress(bytesRead, size);
  };
  try {
    // node:zlib stops behind the first frame of zstd, and behind the members of gzip if no other follows
    while (from < size) {
      const next = await unpackFrom(path, container, from, check);
      if (next <= from) throw new Error('nothing can be unpacked');
      from = next;
      if (from < size && (await isPadding(path, container, from))) break;
    }
  } catch (error) {
    if (error instanceof ReadError) throw error;
    throw new ReadError('corrupt', damage(container, error, size), { unpackedBytes: budget.spent }, { cause: error });
  } finally {
    file.close();
  }
}

/** Unpacks one run of packed data; returns the offset of what follows it. */
async function unpackFrom(
  path: string,
  container: 'gzip' | 'zstd',
  from: number,
  onChunk: (bytes: Buffer, bytesRead: number) => void,
): Promise<number> {
  const source = createReadStream(path, { start: from, highWaterMark: 1 << 18 });
  const unpacker = container === 'gzip' ? createGunzip() : createZstdDecompress();
  try {
    source.on('error', (error) => unpacker.destroy(error));
    for await (const chunk of source.pipe(unpacker)) onChunk(Buffer.from(chunk), from + source.bytesRead);
    return from + unpacker.bytesWritten;
  } finally {
    source.destroy();
    unpacker.destroy();
  }
}

/** Zeros behind the packed data are padding. Throws if it is neither that nor more packed data: it was meant to be read. */
async function isPadding(path: string, container: 'gzip' | 'zstd', from: number): Promise<boolean> {
  let first = true;
  for await (const chunk of createReadStream(path, { start: from })) {
    const bytes = Buffer.from(chunk);
    if (first && containerOf(bytes) === container) return false;
    first = false;
    if (bytes.some((code) => code !== 0)) {
      throw new ReadError(
        'corrupt',
        `The ${container} data ends at byte ${from}, but something else follows it. Upload it again.`,
      );
    }
  }
  return true;
}

function damage(container: string, error: unknown, size: number): string {
  const text = error instanceof Error ? error.message : String(error);
  return /unexpected end of file/i.test(text)
    ? `The ${container} file is cut off: it ends in the middle of its data, after ${size} bytes. Upload it again.`
    : `The ${container} file is damaged (${text}). Upload it again.`;
}
