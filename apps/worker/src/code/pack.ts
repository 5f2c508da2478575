import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { z } from 'zod';
import { applyDelta } from './apply-delta.ts';

/** What is no pack, or more than there may be of it. */
export class UnreadablePack extends Error {
  override readonly name = 'UnreadablePack';
}

export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag';
  readonly bytes: Buffer;
}

const types: Readonly<Record<number, GitObject['type']>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const offsetDelta = 6;
const idDelta = 7;
const inflated = z.object({ buffer: z.instanceof(Buffer), engine: z.object({ bytesWritten: z.number() }) });

/**
 * The objects of a pack by their ids (gitformat-pack(5), version 2), each id made here of what came: no server gives us something else
 * under the id of a commit. Deltas must be of objects that are in the pack.
 *
 * @throws {UnreadablePack} for what is none, and for more than `maxBytes` unpacked
 */
export function readPack(pack: Buffer, format: 'sha1' | 'sha256', maxBytes: number): ReadonlyMap<string, GitObject> {
  const idBytes = format === 'sha1' ? 20 : 32;
  if (pack.length < 12 + idBytes || pack.toString('latin1', 0, 4) !== 'PACK' || pack.readUInt32BE(4) !== 2)
    throw new UnreadablePack('this is no pack of git’s');
  const end = pack.length - idBytes;
  if (!createHash(format).update(pack.subarray(0, end)).digest().equals(pack.subarray(end)))
    throw new UnreadablePack('the pack was damaged on its way');
  const count = pack.readUInt32BE(8);
  const byId = new Map<string, GitObject>();
  const byOffset = new Map<number, GitObject>();
  let left = maxBytes;
  const spend = (bytes: number) => {
    left -= bytes;
    if (left < 0) throw new UnreadablePack(`it has more than ${maxBytes} bytes`);
  };
  let at = 12;
  for (let index = 0; index < count; index++) {
    const start = at;
    const header = readHeader(pack, at, end);
    at = header.next;
    let base: GitObject | undefined;
    if (header.type === offsetDelta) {
      const { offset, next } = readOffset(pack, at, end);
      base = byOffset.get(start - offset);
      at = next;
    } else if (header.type === idDelta) {
      base = byId.get(pack.toString('hex', at, at + idBytes));
      at += idBytes;
    }
    spend(header.size);
    const { bytes, next } = inflate(pack.subarray(at, end), header.size);
    at += next;
    const type = base?.type ?? types[header.type];
    if (type === undefined) throw new UnreadablePack('an object of it is made of one that it has not');
    const whole = base ? resolve(base.bytes, bytes, spend) : bytes;
    const object = { type, bytes: whole };
    byOffset.set(start, object);
    byId.set(idOf(object, format), object);
  }
  return byId;
}

/** A delta says how much it makes: that is counted before it is made. */
function resolve(base: Buffer, delta: Buffer, spend: (bytes: number) => void): Buffer {
  const made = applyDelta(base, delta, spend);
  if (!made) throw new UnreadablePack('a delta of the pack is damaged');
  return made;
}

export const idOf = ({ type, bytes }: GitObject, format: 'sha1' | 'sha256'): string =>
  createHash(format).update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');

function readHeader(pack: Buffer, start: number, end: number) {
  let at = start;
  let byte = byteAt(pack, at++, end);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte & 128; factor *= 128) {
    byte = byteAt(pack, at++, end);
    size += (byte & 127) * factor;
    if (size > Number.MAX_SAFE_INTEGER) throw new UnreadablePack('an object of the pack has no size');
  }
  return { type, size, next: at };
}

function readOffset(pack: Buffer, start: number, end: number) {
  let at = start;
  let byte = byteAt(pack, at++, end);
  let offset = byte & 127;
  while (byte & 128 && offset < pack.length) {
    byte = byteAt(pack, at++, end);
    offset = (offset + 1) * 128 + (byte & 127);
  }
  return { offset, next: at };
}

function byteAt(pack: Buffer, at: number, end: number): number {
  const byte = at < end ? pack[at] : undefined;
  if (byte === undefined) throw new UnreadablePack('the pack is cut off');
  return byte;
}

function inflate(from: Buffer, size: number): { bytes: Buffer; next: number } {
  try {
    // one more than it says: one that goes on is damaged
    const done = inflated.parse(inflateSync(from, { info: true, maxOutputLength: size + 1 }));
    if (done.buffer.length !== size) throw new UnreadablePack('an object of the pack has another size');
    return { bytes: done.buffer, next: done.engine.bytesWritten };
  } catch (cause) {
    throw cause instanceof UnreadablePack ? cause : new UnreadablePack('an object of the pack is damaged', { cause });
  }
}
