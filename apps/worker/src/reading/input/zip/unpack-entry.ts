import type { Entry } from 'yauzl';
import type { ByteBudget } from '../byte-budget.ts';
import { FileWriter } from '../file-writer.ts';
import type { ZipArchive } from './zip-archive.ts';

/** Writes a file of an archive to `target`; its own name is used for nothing. Throws ReadError. */
export async function unpackEntry(
  archive: ZipArchive,
  entry: Entry,
  {
    target,
    budget,
    onProgress,
  }: { target: string; budget: ByteBudget; onProgress: (bytes: number, totalBytes: number) => void },
): Promise<void> {
  const file = new FileWriter(target);
  try {
    for await (const bytes of archive.read(entry, budget)) {
      file.bytes(bytes, 0, bytes.length);
      onProgress(file.length, Math.max(entry.uncompressedSize, file.length));
    }
  } finally {
    file.close();
  }
}
