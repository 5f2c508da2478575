import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import { parseKey } from './key-format.ts';

export interface KeyOwner {
  readonly keyId: string;
  readonly userId: string;
  readonly tenantId: string;
  /** Of the key; null: that of the installation. */
  readonly requestsPerMinute: number | null;
}

interface Known {
  readonly owner: KeyOwner;
  /** Milliseconds of this process' clock. */
  readonly notedAt: number;
}

const limit = 10_000;
/** How often the database is told that a key is used, and asked for its limit. */
const noteEveryMs = 60_000;

/**
 * Who an API key is. A process remembers for a minute what a secret belongs to, which never changes; whether the key is still good
 * (revoked, expired, its owner active) is asked of the database when the session is opened, at every request.
 */
export class KeyAuthenticator {
  readonly #identity: Database;
  readonly #known = new Map<string, Known>();

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
    if (known && performance.now() - known.notedAt < noteEveryMs) return known.owner;
    const { rows } = await sql<{ user_id: string; tenant_id: string; requests_per_minute: number | null }>`
      select user_id, tenant_id, requests_per_minute from app.authenticate_key(${key.id}::uuid, ${key.secretHash})`.execute(
      this.#identity.kysely,
    );
    const [row] = rows;
    if (!row) throw badKey();
    const { user_id: userId, tenant_id: tenantId, requests_per_minute: requestsPerMinute } = row;
    const owner = { keyId: key.id, userId, tenantId, requestsPerMinute };
    this.#known.delete(memory);
    this.#known.set(memory, { owner, notedAt: performance.now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > limit && oldest !== undefined) this.#known.delete(oldest);
    return owner;
  }
}

const badKey = (): DomainError => new DomainError('unauthenticated', 'the API key is not valid');
