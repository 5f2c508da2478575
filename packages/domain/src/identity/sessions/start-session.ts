import type { IdentityDb, Visit } from '@granary/db';
import { sql } from 'kysely';
import type { HeldSession } from '../held-session.ts';
import { makeToken } from '../opaque-token.ts';
import type { SessionLifetime } from '../services.ts';

interface NewSession {
  readonly userId: string;
  readonly visit: Visit;
  readonly userAgent: string | undefined;
  readonly lifetime: SessionLifetime;
}

/** A new session with a new token, whatever the client held before; in the organization that they worked in last: which the two are. */
export async function startSession(
  db: IdentityDb,
  held: HeldSession,
  { userId, visit, userAgent, lifetime }: NewSession,
): Promise<{ sessionId: string; tenantId: string | null }> {
  const token = makeToken();
  const session = await db
    .insertInto('identity.sessions')
    .values({
      user_id: userId,
      user_agent: userAgent?.slice(0, 500) ?? null,
      address: visit.address ?? null,
      expires_at: sql`now() + least(${lifetime.idleSeconds}::float8, ${lifetime.absoluteSeconds}::float8) * interval '1 s'`,
      absolute_expires_at: sql`now() + ${lifetime.absoluteSeconds}::float8 * interval '1 s'`,
    })
    .returning(['id', 'absolute_expires_at as until'])
    .executeTakeFirstOrThrow();
  const { tenantId } = await db
    .insertInto('identity.session_tokens')
    .values({ token_hash: token.hash, session_id: session.id, tenant_id: sql`app.home_of(${userId}::uuid)` })
    .returning('tenant_id as tenantId')
    .executeTakeFirstOrThrow();
  held.hold(token.text, new Date(session.until));
  return { sessionId: session.id, tenantId };
}
