import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@granary/db';
import { sql } from 'kysely';
import type { MasterKeys } from '../../encryption/master-keys.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { openTokens, refreshAfter, sealTokens, type TokenPair, unwrapSessionKey } from './sealed-tokens.ts';
import type { SupabaseAuth } from './supabase-auth.ts';

interface HeldTokens extends TokenPair {
  readonly key: Buffer;
  readonly subject: string;
  readonly generation: number;
  readonly expiresAt: number;
  readonly refreshAfter: number;
}

type Refresh = 'done' | 'ended' | 'busy' | 'unavailable';

const recheckMs = 60_000;
const remembersAtMost = 10_000;
/** Longer than a request to the provider may take, so that nobody uses a refresh token that is being used. */
const leaseSeconds = 20;
/** After the provider did not answer; shorter than the ten seconds in which it takes a refresh token once more. */
const backoffSeconds = 5;
const waitMs = 25_000;
const pollMs = 100;

/**
 * Keeps the tokens of people who signed in at Supabase good. Of all requests in all processes one refreshes: it takes a lease
 * on the session's row, and asks the provider while no transaction is open. The others go on with the access token
 * that there is, or wait where that has ended (docs/adr/0024).
 */
export class SupabaseSessions {
  readonly #database: Database;
  readonly #masterKeys: MasterKeys;
  readonly #auth: SupabaseAuth;
  /** Until when this process need not look again, in milliseconds of the epoch. */
  readonly #good = new Map<string, number>();
  readonly #looking = new Map<string, Promise<void>>();

  constructor(database: Database, masterKeys: MasterKeys, auth: SupabaseAuth) {
    this.#database = database;
    this.#masterKeys = masterKeys;
    this.#auth = auth;
  }

  /**
   * Throws DomainError unauthenticated (reason `supabase_session_ended`) where the provider ended the session, which then ends
   * here as well; unavailable where its token has expired and the provider does not answer, which ends nothing.
   */
  async keepGood(sessionId: string): Promise<void> {
    if ((this.#good.get(sessionId) ?? 0) > Date.now()) return;
    const looking = this.#looking.get(sessionId) ?? this.#look(sessionId);
    this.#looking.set(sessionId, looking);
    try {
      await looking;
    } finally {
      this.#looking.delete(sessionId);
    }
  }

  /** Ends it at the provider, as far as that answers; its own end is the caller's. */
  async logOut(sessionId: string): Promise<void> {
    this.#good.delete(sessionId);
    const tokens = await this.#load(sessionId);
    if (tokens) await this.#auth.logOut(tokens.accessToken).catch(ignoreUnavailable);
  }

  async #look(sessionId: string): Promise<void> {
    const giveUpAt = Date.now() + waitMs;
    let refreshed = false;
    for (;;) {
      const tokens = await this.#load(sessionId);
      if (!tokens) throw ended();
      const isAlive = await this.#isAlive(tokens);
      if (isAlive && Date.now() < tokens.refreshAfter)
        return this.#remember(sessionId, Math.min(Date.now() + recheckMs, tokens.refreshAfter));
      // refused although it came a moment ago: the provider's keys are not those that are known here, and nobody's session ends
      if (refreshed && !isAlive) return this.#backOff(sessionId, tokens.generation);
      const refresh = await this.#refresh(sessionId, tokens);
      if (refresh === 'ended') throw ended();
      if (refresh === 'done') refreshed = true;
      else if (isAlive) return this.#remember(sessionId, Date.now() + 1000);
      else if (refresh === 'unavailable' || Date.now() > giveUpAt) throw unavailable();
      else await delay(pollMs);
    }
  }

  /** Without the issuer's keys an access token counts until it expires. */
  async #isAlive({ accessToken, expiresAt }: HeldTokens): Promise<boolean> {
    if (Date.now() >= expiresAt) return false;
    return this.#auth.isValid(accessToken).catch((error: unknown) => {
      ignoreUnavailable(error);
      return true;
    });
  }

  async #refresh(sessionId: string, tokens: HeldTokens): Promise<Refresh> {
    const { generation } = tokens;
    const lease = await this.#rowOf(sessionId, generation)
      .set({ busy_until: sql`now() + ${leaseSeconds}::float8 * interval '1 s'` })
      .where(({ or, eb }) => or([eb('busy_until', 'is', null), eb('busy_until', '<=', sql<string>`now()`)]))
      .returning('session_id')
      .executeTakeFirst();
    if (!lease) return 'busy';
    const next = await this.#auth.refresh(tokens.refreshToken).catch(ignoreUnavailable);
    if (next === undefined) {
      await this.#setBusy(sessionId, generation);
      return 'unavailable';
    }
    if (next === 'ended' || next.subject.id !== tokens.subject) return this.#end(sessionId);
    const stored = await this.#rowOf(sessionId, generation)
      .set({
        sealed_tokens: sealTokens(tokens.key, sessionId, next),
        expires_at: next.expiresAt.toISOString(),
        refresh_after: refreshAfter(next).toISOString(),
        generation: generation + 1,
        busy_until: null,
      })
      .returning('session_id')
      .executeTakeFirst();
    if (stored) return 'done';
    // signed out here while it was refreshed: what came is nobody's any more
    await this.#auth.logOut(next.accessToken).catch(ignoreUnavailable);
    return 'ended';
  }

  async #load(sessionId: string): Promise<HeldTokens | null> {
    const row = await this.#database.kysely
      .selectFrom('identity.supabase_sessions')
      .select(['subject', 'wrapped_key', 'sealed_tokens', 'generation', 'expires_at', 'refresh_after'])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (!row) return null;
    const key = unwrapSessionKey(this.#masterKeys, sessionId, row.wrapped_key);
    return {
      key,
      subject: row.subject,
      ...openTokens(key, sessionId, row.sealed_tokens),
      generation: row.generation,
      expiresAt: Date.parse(row.expires_at),
      refreshAfter: Date.parse(row.refresh_after),
    };
  }

  #rowOf(sessionId: string, generation: number) {
    return this.#database.kysely
      .updateTable('identity.supabase_sessions')
      .where('session_id', '=', sessionId)
      .where('generation', '=', generation);
  }

  async #end(sessionId: string): Promise<never> {
    await this.#database.kysely
      .updateTable('identity.sessions')
      .set({ revoked_at: sql`coalesce(revoked_at, now())` })
      .where('id', '=', sessionId)
      .execute();
    throw ended();
  }

  async #backOff(sessionId: string, generation: number): Promise<never> {
    await this.#setBusy(sessionId, generation);
    throw new DomainError(
      'unavailable',
      'the keys that Supabase publishes do not verify the token that it gave: try again',
    );
  }

  async #setBusy(sessionId: string, generation: number): Promise<void> {
    await this.#rowOf(sessionId, generation)
      .set({ busy_until: sql`now() + ${backoffSeconds}::float8 * interval '1 s'` })
      .execute();
  }

  #remember(sessionId: string, until: number): void {
    this.#good.delete(sessionId);
    this.#good.set(sessionId, until);
    const [oldest] = this.#good.keys();
    if (this.#good.size > remembersAtMost && oldest !== undefined) this.#good.delete(oldest);
  }
}

function ignoreUnavailable(error: unknown): undefined {
  if (!(error instanceof DomainError) || error.kind !== 'unavailable') throw error;
}

const ended = (): DomainError =>
  new DomainError('unauthenticated', 'Supabase has ended the session: sign in again', {
    reason: 'supabase_session_ended',
  });
const unavailable = (): DomainError =>
  new DomainError('unavailable', 'Supabase does not answer, and the session’s token has expired: try again');
