import { createHmac } from 'node:crypto';

/**
 * The pseudonym of an identifier: 64 hex digits, HMAC-SHA-256 (RFC 2104) of its text in Unicode's NFC without white space
 * at its ends, under the tenant's pseudonym key. The same person has the same pseudonym in every dataset of the tenant that
 * was loaded under the same key, whatever the column is called. Null for what is empty: nobody is identified by it.
 * Letters' case, leading zeros and everything else are kept apart.
 */
export function pseudonymOf(key: Uint8Array, text: string): string | null {
  const identifier = text.normalize('NFC').trim();
  return identifier === '' ? null : createHmac('sha256', key).update(identifier).digest('hex');
}
