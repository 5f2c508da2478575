import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { provisionSubject } from '../provision-subject.ts';
import { startSession } from '../sessions/start-session.ts';
import { accountKey, accountLimit, limitAttempts } from '../sign-in-limits.ts';
import { chosenOf, requireSupabase, supabaseCredentials } from './credentials.ts';
import { refreshAfter, sealTokens, wrapSessionKey } from './sealed-tokens.ts';

export const logInWithSupabase = defineIdentityAction({
  name: 'session.logInWithSupabase',
  summary:
    'Sign in at Supabase Auth, with e-mail and password or a PKCE code; its tokens stay here, the session travels as a cookie',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/session/supabase' },
  input: supabaseCredentials.extend({ device: z.string().max(500).optional() }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare({ caller, services, event }, input) {
    const supabase = requireSupabase(services);
    const chosen = chosenOf(input);
    const key = randomBytes(32);
    wrapSessionKey(services.masterKeys, '', key); // without a master key nobody is asked for a password
    const login = 'email' in chosen ? chosen.email : chosen.code;
    await limitAttempts(services.throttle, caller, login);
    const tokens = await supabase.signIn(chosen).catch((error: unknown) => {
      if (error instanceof DomainError && error.kind === 'unauthenticated') event.refuse('wrong_password');
      throw error;
    });
    await services.throttle.forgive(accountKey(login), accountLimit);
    const { userId } = await provisionSubject(services.database, tokens.subject, services.membership);
    return { key, tokens, userId };
  },
  async run({ caller, db, services, held, event, prepared: { key, tokens, userId } }, { device }) {
    const { lifetime } = services;
    const { sessionId, tenantId } = await startSession(db, held, {
      userId,
      visit: caller,
      userAgent: device,
      lifetime,
    });
    await db
      .insertInto('identity.supabase_sessions')
      .values({
        session_id: sessionId,
        subject: tokens.subject.id,
        wrapped_key: wrapSessionKey(services.masterKeys, sessionId, key),
        sealed_tokens: sealTokens(key, sessionId, tokens),
        expires_at: tokens.expiresAt.toISOString(),
        refresh_after: refreshAfter(tokens).toISOString(),
      })
      .execute();
    event.in(tenantId);
    event.note({ sessionId, device, provider: 'supabase' });
    return { userId };
  },
});
