import { createHash } from 'node:crypto';
import { DomainError } from '../errors/domain-error.ts';
import { openValue, sealValue } from './sealed-value.ts';

const keyBytes = 32;
const fingerprintBytes = 4;

/**
 * The keys that wrap all others. The first one wraps; each of them unwraps, so that a new one can be put before the old.
 * They never leave the process, and are in none of its children.
 */
export class MasterKeys {
  readonly #keys: readonly Buffer[];

  private constructor(keys: readonly Buffer[]) {
    this.#keys = keys;
  }

  /** No key at all: whatever needs one says so. */
  static readonly none = new MasterKeys([]);

  /** @param text base64 of 32 bytes; or two of them with a comma between. Throws for anything else, without the text. */
  static parse(text: string): MasterKeys {
    const keys = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [Buffer.from(part.trim(), 'base64')]));
    if (keys.some(({ length }) => length !== keyBytes) || keys.length > 2)
      throw new Error('a master key is 32 bytes as base64: openssl rand -base64 32');
    return new MasterKeys(keys);
  }

  /** Throws DomainError precondition without a master key. */
  wrap(key: Uint8Array, context: string): Buffer {
    const [master] = this.#keys;
    if (!master) throw noMasterKey();
    return Buffer.concat([fingerprint(master), sealValue(master, key, context)]);
  }

  /** Throws DomainError precondition where the master key is missing or another one, or the context is. */
  unwrap(wrapped: Uint8Array, context: string): Buffer {
    if (this.#keys.length === 0) throw noMasterKey();
    const bytes = Buffer.from(wrapped);
    const master = this.#keys.find((key) => fingerprint(key).equals(bytes.subarray(0, fingerprintBytes)));
    if (!master)
      throw new DomainError('precondition', 'GRANARY_MASTER_KEY is not the key that this was encrypted under');
    const key = openValue(master, bytes.subarray(fingerprintBytes), context);
    if (!key) throw new DomainError('precondition', 'an encryption key is damaged, or is not the one of this tenant');
    return key;
  }
}

/** Tells which master key it was; eight hex digits of a hash of 256 random bits say nothing else about it. */
const fingerprint = (key: Buffer): Buffer =>
  createHash('sha256').update('granary master key').update(key).digest().subarray(0, fingerprintBytes);

const noMasterKey = (): DomainError =>
  new DomainError(
    'precondition',
    'this needs encryption, which is not set up: set GRANARY_MASTER_KEY for api and worker (openssl rand -base64 32)',
  );
