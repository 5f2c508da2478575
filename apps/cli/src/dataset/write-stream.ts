import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../output/measures.ts';

/** Writes what the API sends to a file, telling how far it is, or to standard output, which `-` is too. */
export async function writeStream(
  stream: ReadableStream<Uint8Array>,
  output: string | undefined,
  { standardOutput, terminal }: { standardOutput: CommandContext['output']; terminal: CommandContext['terminal'] },
): Promise<void> {
  const file = output === '-' ? undefined : output;
  let bytes = 0;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (file !== undefined) terminal.progress(`${file} ${formatBytes(bytes)}`);
      done(null, piece);
    },
  });
  await (file === undefined
    ? pipeline(stream, counted, standardOutput, { end: false })
    : writeWhole(stream, counted, file));
  if (file !== undefined) terminal.note(`${file}: ${formatBytes(bytes)}`);
}

/** The file is there whole or not at all: what breaks off leaves nothing that looks like an export. */
async function writeWhole(stream: ReadableStream<Uint8Array>, counted: Transform, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await pipeline(stream, counted, createWriteStream(partial));
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
