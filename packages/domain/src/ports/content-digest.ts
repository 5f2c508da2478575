import { createHash } from 'node:crypto';
import { canonicalBytes } from '../audit/canonical-entry.ts';

/** Hex of the SHA-256 of the canonical form (RFC 8785): the same for what says the same, in whatever order and spelling. */
export const contentDigest = (content: Readonly<Record<string, unknown>>): string =>
  createHash('sha256').update(canonicalBytes(content)).digest('hex');
