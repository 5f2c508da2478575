import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * `grn_<id: 32 hex digits>_<secret: 64 hex digits><checksum: 8 hex digits>`. The prefix and the checksum (CRC-32 of all
 * before it) let leak scanners recognise a key and us refuse a mistyped one without asking the database.
 */
const pattern = /^grn_([0-9a-f]{32})_([0-9a-f]{64})([0-9a-f]{8})$/;

export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the secret: all that is ever stored of it. */
  readonly secretHash: Buffer;
}

/** A new key for this id: the text to show once, and the hash to keep. */
export function makeKey(id: string): { text: string; secretHash: Buffer } {
  const secret = randomBytes(32).toString('hex');
  const body = `grn_${id.replaceAll('-', '')}_${secret}`;
  return { text: body + checksum(body), secretHash: sha256(secret) };
}

/** Null when it is not a key of ours: wrong form or checksum. */
export function parseKey(text: string): ApiKey | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, id = '', secret = '', sum] = match;
  if (checksum(`grn_${id}_${secret}`) !== sum) return null;
  return { id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), secretHash: sha256(secret) };
}

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, '0');
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
