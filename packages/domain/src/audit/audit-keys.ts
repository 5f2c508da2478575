import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

const keyBytes = 32;
// RFC 8410: what stands before the 32 bytes in PKCS #8 and in SubjectPublicKeyInfo
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

interface VerifyingKey {
  readonly id: string;
  /** The 32 bytes of RFC 8032, as base64. */
  readonly publicKey: string;
}

/**
 * The Ed25519 keys that checkpoints are signed with, which the database does not have. The first private one signs; every
 * one of them verifies, so that a new one can be put before the old, and an auditor needs the public ones alone.
 */
export class AuditKeys {
  readonly #signing: { readonly id: string; readonly key: KeyObject } | undefined;
  readonly #verifying: ReadonlyMap<string, KeyObject>;

  private constructor(privateKeys: readonly KeyObject[], publicKeys: readonly KeyObject[]) {
    const [first] = privateKeys;
    this.#signing = first && { id: idOf(createPublicKey(first)), key: first };
    const all = [...privateKeys.map((key) => createPublicKey(key)), ...publicKeys];
    this.#verifying = new Map(all.map((key) => [idOf(key), key]));
  }

  /** Signs nothing and knows no key. */
  static readonly none = new AuditKeys([], []);

  /**
   * @param seeds base64 of 32 bytes (openssl rand -base64 32), with commas between several
   * @param publicKeys base64 of 32 bytes each, of former keys
   */
  static parse(seeds: string, publicKeys = ''): AuditKeys {
    return new AuditKeys(
      split(seeds).map((seed) =>
        createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' }),
      ),
      split(publicKeys).map((bytes) =>
        createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: 'der', type: 'spki' }),
      ),
    );
  }

  get signingKeyId(): string | undefined {
    return this.#signing?.id;
  }

  get isEmpty(): boolean {
    return this.#verifying.size === 0;
  }

  /** What an auditor is given. */
  publicKeys(): VerifyingKey[] {
    return [...this.#verifying].map(([id, key]) => ({ id, publicKey: rawPublicKey(key).toString('base64') }));
  }

  /** Base64 of the 64 bytes. Throws without a private key. */
  sign(bytes: Uint8Array): string {
    if (!this.#signing) throw new Error('there is no key to sign with');
    return sign(null, bytes, this.#signing.key).toString('base64');
  }

  /** 'unknown': by a key that is not one of these. */
  verify(keyId: string, bytes: Uint8Array, signature: string): 'valid' | 'forged' | 'unknown' {
    const key = this.#verifying.get(keyId);
    if (!key) return 'unknown';
    return verify(null, bytes, key, Buffer.from(signature, 'base64')) ? 'valid' : 'forged';
  }
}

function split(text: string): Buffer[] {
  const parts = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [Buffer.from(part.trim(), 'base64')]));
  if (parts.some(({ length }) => length !== keyBytes))
    throw new Error('an audit key is 32 bytes as base64: openssl rand -base64 32');
  return parts;
}

const rawPublicKey = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-keyBytes);

const idOf = (key: KeyObject): string => createHash('sha256').update(rawPublicKey(key)).digest('hex').slice(0, 16);
