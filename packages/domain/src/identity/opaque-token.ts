import { createHash, randomBytes } from 'node:crypto';

export interface OpaqueToken {
  /** Shown to its owner once, and kept nowhere. */
  readonly text: string;
  /** SHA-256 of it: all that is ever stored. The token has 256 random bits, so there is nothing to stretch. */
  readonly hash: Buffer;
}

export function makeToken(): OpaqueToken {
  const text = randomBytes(32).toString('base64url');
  return { text, hash: hashToken(text) };
}

export const hashToken = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What every token of ours looks like: anything else need not be looked up. */
export const isToken = (text: string): boolean => /^[\w-]{43}$/.test(text);
