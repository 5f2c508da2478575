import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { setImmediate as giveWay } from 'node:timers/promises';
import { FileWriter } from './file-writer.ts';

const chunk = 1 << 20;
/** A byte that stands in no UTF-8 text: it marks what could not be decoded, so that its row is set apart. */
const undecodable = Buffer.from([0xff]);

/**
 * Writes the text of a file as UTF-8 to `target`, without byte order mark. What the encoding does not know becomes an
 * invalid byte, never a replacement character that would pass for the original. Returns whether there was any.
 */
export async function transcode(
  file: number,
  {
    from,
    encoding,
    target,
    onProgress,
  }: { from: number; encoding: string; target: string; onProgress: (bytes: number) => void },
): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const writer = new FileWriter(target);
  const bytes = Buffer.allocUnsafe(chunk);
  let hasInvalidBytes = false;
  const write = (text: string) => {
    const [first = '', ...others] = text.split('\ufffd');
    writer.text(first);
    for (const part of others) {
      hasInvalidBytes = true;
      writer.bytes(undecodable, 0, 1);
      writer.text(part);
    }
  };
  let offset = from;
  for (let read = readSync(file, bytes, 0, chunk, offset); read > 0; read = readSync(file, bytes, 0, chunk, offset)) {
    offset += read;
    write(decoder.decode(bytes.subarray(0, read), { stream: true }));
    onProgress(offset);
    await giveWay();
  }
  write(decoder.decode());
  writer.close();
  return hasInvalidBytes;
}
