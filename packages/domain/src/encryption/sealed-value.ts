import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a small value by AES-256-GCM (NIST SP 800-38D) with a random nonce: format byte, nonce, text, tag. `context`
 * says what the value is and belongs to; it is not stored, and without the same one the value does not open. Random nonces
 * are good for 2^32 values under one key.
 */
export function sealValue(key: Uint8Array, value: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([Buffer.of(format), nonce, text, cipher.getAuthTag()]);
}

/** The value, or null: another key, another context, or somebody changed it. */
export function openValue(key: Uint8Array, sealed: Uint8Array, context: string): Buffer | null {
  if (sealed[0] !== format || sealed.length < 1 + nonceBytes + tagBytes) return null;
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, 1 + nonceBytes))
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return null;
  }
}
