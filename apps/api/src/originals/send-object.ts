import { pipeline, type Readable } from 'node:stream';
import type { Member } from '@granary/db';
import { fileCipher, type ObjectStore } from '@granary/domain';
import type { FastifyReply } from 'fastify';
import { HttpError } from '../errors/http-error.ts';
import { attachment } from '../http/content-disposition.ts';
import type { AddressedRequest } from '../rest/read-query.ts';
import { byteRange } from './byte-range.ts';

interface SentObject {
  readonly sha256: string;
  readonly bytes: number;
  readonly fileName: string;
  /** Of a sealed file, which is decrypted on its way out. */
  readonly key?: Uint8Array | undefined;
  /** Rather to the store's own address for it, where there is one. */
  readonly redirect: boolean;
}

/** How long the store's address for an object is good: it opens the object for whoever has it. */
const redirectSeconds = 60;

/** A stored object of the caller's organization as a download, or the part of it that a Range asks for. */
export async function sendObject(
  objectStore: ObjectStore,
  identity: Member,
  { sha256, bytes, fileName, key: fileKey, redirect }: SentObject,
  request: AddressedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const address = { tenantId: identity.tenantId, sha256 };
  const isKnown = request.headers['if-none-match'] === `"${sha256}"`;
  if (redirect && !isKnown && request.method === 'GET' && !fileKey && objectStore.presign) {
    const contentDisposition = attachment(fileName);
    const location = await objectStore.presign(address, { contentDisposition, seconds: redirectSeconds });
    return reply.code(307).header('location', location).header('cache-control', 'no-store').send();
  }

  const read = async (part: BytePart | undefined) => {
    const stored = await objectStore.read(address, part).catch(lost);
    return fileKey ? deciphered(stored, fileKey, part?.start ?? 0) : stored;
  };
  return sendFile({ sha256, bytes, fileName, read }, request, reply);
}

interface BytePart {
  readonly start: number;
  readonly end: number;
}

interface SentFile extends Pick<SentObject, 'sha256' | 'bytes' | 'fileName'> {
  read(part: BytePart | undefined): Promise<Readable>;
}

/** Bytes whose digest and length are known as a download, or the part of it that a Range asks for. */
export async function sendFile(
  { sha256, bytes, fileName, read }: SentFile,
  { method, headers }: AddressedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const tag = `"${sha256}"`;
  if (headers['if-none-match'] === tag) return reply.code(304).header('etag', tag).send();
  const isStale = headers['if-range'] !== undefined && headers['if-range'] !== tag;
  const range = method === 'GET' && !isStale ? byteRange(headers.range, bytes) : 'whole';
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${bytes}`);
    throw new HttpError(416, `the range is outside the file, which has ${bytes} bytes`);
  }
  const part = range === 'whole' ? undefined : range;
  const content = method === 'HEAD' ? undefined : await read(part);
  if (part) reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${bytes}`);
  return reply
    .header('content-length', part ? part.end - part.start + 1 : bytes)
    .header('etag', tag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', attachment(fileName))
    .type('application/octet-stream') // whatever it is, a browser must not show it in our origin
    .send(content);
}

/** The catalogue promises it, so its absence is a defect, not an answer. */
function lost(cause: unknown): never {
  throw new Error('the object cannot be read from the object store', { cause });
}

function deciphered(stored: Readable, key: Uint8Array, offset: number): Readable {
  const plain = fileCipher(key, offset);
  pipeline(stored, plain, () => {}); // what goes wrong destroys both, and whoever reads the result hears of it
  return plain;
}
