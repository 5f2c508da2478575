import { type Cipheriv, createCipheriv } from 'node:crypto';

const blockBytes = 16;

/**
 * AES-256 in counter mode (NIST SP 800-38A) from byte `offset` of a file on; encrypting and decrypting are the same. A file
 * has a key of its own that encrypts nothing else, so the counter begins at zero, bytes stay as many as they were, and an
 * upload goes on (or a range is read) at any byte. It does not notice changes: the digest that the file is stored under does.
 */
export function fileCipher(key: Uint8Array, offset: number): Cipheriv {
  const counter = Buffer.alloc(blockBytes);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / blockBytes)), 8);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  cipher.update(Buffer.alloc(offset % blockBytes));
  return cipher;
}
