import { Buffer } from 'node:buffer';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { containerOf } from '../input/file-kind.ts';
import type { Inspection } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import { otherFormat } from './other-format.ts';
import { type SampledEncoding, sampleEncoding } from './sample-encoding.ts';

export interface DecodedStream {
  readonly container: Inspection['container'];
  readonly encoding: SampledEncoding;
  /** The beginning as it was before it was decoded: what the kind of a file is told by. */
  readonly head: Buffer;
  /** UTF-8 without byte order mark; what could not be decoded is the byte 0xff, which no UTF-8 holds. */
  readonly text: AsyncGenerator<Buffer>;
}

const sampleBytes = 1 << 20;
/** Past this size a file that grew more than this many times is a bomb rather than a table. */
const suspiciousBytes = 1 << 30;
const suspiciousRatio = 400;

/** Unpacks and decodes a stream of which nothing may touch the disk. Throws ReadError; so does reading the text. */
export async function decodeStream(
  bytes: AsyncIterable<Buffer>,
  { encoding: told, maxBytes }: { readonly encoding: string | undefined; readonly maxBytes: number },
): Promise<DecodedStream> {
  const packed = await takeHead(bytes, 16);
  if (packed.head.length === 0) throw new ReadError('not_a_table', 'The file is empty: it has no bytes.');
  const container = containerOf(packed.head);
  // its list of files stands at its end, and so do the parts of a workbook: neither is read as it comes
  if (container === 'zip') throw otherFormat('Excel or ZIP');
  const unpacked = await takeHead(container ? unpack(packed.all(), container, maxBytes) : packed.all(), sampleBytes);
  if (unpacked.head.length === 0)
    throw new ReadError('not_a_table', `The file is empty: the ${container} file holds nothing.`);
  if (containerOf(unpacked.head))
    throw new ReadError(
      'unsupported',
      `The ${container} file holds another packed file. Upload the table that is in it.`,
    );
  const encoding = sampleEncoding(unpacked.head, told);
  return { container, encoding, head: unpacked.head, text: decode(unpacked.all(), encoding) };
}

interface Headed {
  readonly head: Buffer;
  /** Everything, the head as well. */
  all(): AsyncGenerator<Buffer>;
}

async function takeHead(source: AsyncIterable<Buffer>, least: number): Promise<Headed> {
  const iterator = source[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  let ended = false;
  while (length < least && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else length += parts[parts.push(next.value) - 1]!.length;
  }
  const head = Buffer.concat(parts);
  return {
    head,
    async *all() {
      yield head;
      while (!ended) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    },
  };
}

async function* unpack(
  packed: AsyncIterable<Buffer>,
  container: 'gzip' | 'zstd',
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const unpacker = container === 'gzip' ? createGunzip() : createZstdDecompress();
  let given = 0;
  async function* counted() {
    for await (const chunk of packed) {
      given += chunk.length;
      yield chunk;
    }
  }
  pipeline(counted, unpacker, () => {}); // its failure reaches the loop below
  let written = 0;
  try {
    for await (const chunk of unpacker as Readable) {
      written += chunk.length;
      if (written > maxBytes || (written > suspiciousBytes && written > suspiciousRatio * given))
        throw new ReadError('too_large', 'Unpacked, the file is larger than is allowed.');
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ReadError) throw error;
    throw new ReadError('corrupt', `The ${container} file is damaged or cut off. Upload it again.`);
  }
  // node:zlib stops behind the first frame of zstd: rows behind it would be lost without a word
  if (unpacker.bytesWritten < given)
    throw new ReadError(
      'unsupported',
      `The ${container} file has several parts, or something behind its data: pack it in one part, or upload it unpacked.`,
    );
}

const undecodable = Buffer.from([0xff]);

async function* decode(bytes: AsyncIterable<Buffer>, { name, bomBytes }: SampledEncoding): AsyncGenerator<Buffer> {
  let skip = bomBytes;
  const decoder = name === 'utf-8' ? null : new TextDecoder(name, { ignoreBOM: true });
  const encode = (text: string) =>
    Buffer.concat(
      text
        .split('\ufffd')
        .flatMap((part, index) => (index === 0 ? [Buffer.from(part)] : [undecodable, Buffer.from(part)])),
    );
  for await (const chunk of bytes) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    yield decoder ? encode(decoder.decode(rest, { stream: true })) : rest;
  }
  if (decoder) yield encode(decoder.decode());
}
