import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import { parseKey } from './key-format.ts';

export interface KeyOwner {
  readonly keyId: string;
  readonly userId: string;
  readonly tenantId: string;
}

const limit = 10_000;

/**
 * Who an API key is. A process remembers what a secret belongs to, which never changes; whether the key is still good
 * (revoked, expired, its owner active) is asked of the database when the session is opened, at every request.
 */
export class KeyAuthenticator {
  readonly #identity: Database;
  readonly #known = new Map<string, KeyOwner>();

  /** @param identity the identity login's database */
  constructor(identity: Database) {
    this.#identity = identity;
  }

  /** Throws DomainError unauthenticated, in the same words for every reason. */
  async authenticate(text: string): Promise<KeyOwner> {
    const key = parseKey(text);
    if (!key) throw badKey();
    const memory = `${key.id}:${key.secretHash.toString('base64')}`;
    const known = this.#known.get(memory);
    if (known) return known;
    const { rows } = await sql<{ user_id: string; tenant_id: string }>`
      select user_id, tenant_id from app.authenticate_key(${key.id}::uuid, ${key.secretHash})`.execute(
      this.#identity.kysely,
    );
    const [row] = rows;
    if (!row) throw badKey();
    const owner = { keyId: key.id, userId: row.user_id, tenantId: row.tenant_id };
    this.#known.set(memory, owner);
    const [oldest] = this.#known.keys();
    if (this.#known.size > limit && oldest !== undefined) this.#known.delete(oldest);
    return owner;
  }
}

const badKey = (): DomainError => new DomainError('unauthenticated', 'the API key is not valid');
