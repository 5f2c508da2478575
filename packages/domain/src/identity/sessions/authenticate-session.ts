import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { hashToken, isToken, makeToken } from '../opaque-token.ts';
import type { SessionLifetime } from '../services.ts';

export interface SessionOwner {
  readonly tokenId: string;
  readonly userId: string;
  readonly tenantId?: string;
  /** Set where the session stands on tokens of Supabase, which have to be kept good. */
  readonly supabaseSessionId?: string;
}

interface Known {
  readonly owner: SessionOwner;
  /** Milliseconds of the epoch. */
  readonly issuedAt: number;
}

interface ResumedSession {
  readonly token_id: string;
  readonly user_id: string;
  readonly tenant_id: string | null;
  readonly issued: number;
  readonly supabase_session_id: string | null;
}

export interface RenewedToken {
  readonly text: string;
  readonly maxAgeSeconds: number;
}

const limit = 10_000;

/**
 * Whose session a token belongs to. A process remembers that, since it never changes; whether the session still holds is
 * asked of the database when a request opens its transaction, every time.
 */
export class SessionAuthenticator {
  readonly #identity: Database;
  readonly #lifetime: SessionLifetime;
  readonly #known = new Map<string, Known>();

  constructor(identity: Database, lifetime: SessionLifetime) {
    this.#identity = identity;
    this.#lifetime = lifetime;
  }

  /** Null for what is no token of a session, or of one that is gone. */
  async authenticate(text: string): Promise<SessionOwner | null> {
    return (await this.#find(text))?.owner ?? null;
  }

  /**
   * A successor for a token that is due, for one of the requests that come with it; null for the others, whose token
   * goes on holding until the successor is used.
   */
  async renew(text: string): Promise<RenewedToken | null> {
    const known = await this.#find(text);
    if (!known || Date.now() - known.issuedAt < this.#lifetime.renewAfterSeconds * 1000) return null;
    const successor = makeToken();
    const { rows } = await sql<{ is_renewed: boolean }>`
      select app.renew_session(${known.owner.tokenId}::uuid, ${successor.hash}, ${this.#lifetime.idleSeconds}::float8 * interval '1 s')
        as is_renewed`.execute(this.#identity.kysely);
    return rows[0]?.is_renewed ? { text: successor.text, maxAgeSeconds: this.#lifetime.absoluteSeconds } : null;
  }

  async #find(text: string): Promise<Known | null> {
    if (!isToken(text)) return null;
    const hash = hashToken(text);
    const memory = hash.toString('base64');
    const known = this.#known.get(memory);
    if (known) return known;
    const { rows } = await sql<ResumedSession>`
      select token_id, user_id, tenant_id, extract(epoch from issued_at)::float8 * 1000 as issued,
        (select s.session_id from identity.supabase_sessions s where s.session_id = resumed.session_id) as supabase_session_id
      from app.resume_session(${hash}) resumed`.execute(this.#identity.kysely);
    const [row] = rows;
    if (!row) return null;
    const { token_id: tokenId, user_id: userId, tenant_id: tenantId } = row;
    const supabaseSessionId = row.supabase_session_id;
    const owner = {
      tokenId,
      userId,
      ...(tenantId !== null && { tenantId }),
      ...(supabaseSessionId !== null && { supabaseSessionId }),
    };
    const found = { owner, issuedAt: row.issued };
    this.#known.set(memory, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > limit && oldest !== undefined) this.#known.delete(oldest);
    return found;
  }
}
