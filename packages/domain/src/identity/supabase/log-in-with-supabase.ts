import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { provisionSubject } from '../provision-subject.ts';
import { startSession } from '../sessions/start-session.ts';
import { accountKey, accountLimit, limitAttempts } from '../sign-in-limits.ts';
import { refreshAfter, sealTokens, wrapSessionKey } from './sealed-tokens.ts';
import type { SupabaseCredentials } from './supabase-auth.ts';

const credentials = z.object({
  email: z.email().max(254).optional(),
  password: z.string().min(1).max(200).optional(),
  code: z.string().min(1).max(500).optional().meta({ description: 'What a log-in by PKCE came back with' }),
  codeVerifier: z.string().min(43).max(128).optional(),
});

export const logInWithSupabase = defineIdentityAction({
  name: 'session.logInWithSupabase',
  summary:
    'Sign in at Supabase Auth, with e-mail and password or a PKCE code; its tokens stay here, the session travels as a cookie',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/session/supabase' },
  input: credentials.extend({ device: z.string().max(500).optional() }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare({ caller, services }, input) {
    const { supabase } = services;
    if (!supabase) throw new DomainError('unavailable', 'nobody signs in at Supabase here: SUPABASE_URL is not set');
    const chosen = chosenOf(input);
    const key = randomBytes(32);
    wrapSessionKey(services.masterKeys, '', key); // without a master key nobody is asked for a password
    const login = 'email' in chosen ? chosen.email : chosen.code;
    await limitAttempts(services.throttle, caller, login);
    const tokens = await supabase.signIn(chosen);
    await services.throttle.forgive(accountKey(login), accountLimit);
    await provisionSubject(services.database, tokens.subject, services.membership);
    return { key, tokens };
  },
  async run({ caller, db, services, held, prepared: { key, tokens } }, { device }) {
    const { id: userId } = tokens.subject;
    const { lifetime } = services;
    const sessionId = await startSession(db, held, { userId, visit: caller, userAgent: device, lifetime });
    await db
      .insertInto('identity.supabase_sessions')
      .values({
        session_id: sessionId,
        wrapped_key: wrapSessionKey(services.masterKeys, sessionId, key),
        sealed_tokens: sealTokens(key, sessionId, tokens),
        expires_at: tokens.expiresAt.toISOString(),
        refresh_after: refreshAfter(tokens).toISOString(),
      })
      .execute();
    return { userId };
  },
});

function chosenOf({ email, password, code, codeVerifier }: z.output<typeof credentials>): SupabaseCredentials {
  if (email !== undefined && password !== undefined && code === undefined) return { email, password };
  if (code !== undefined && codeVerifier !== undefined && password === undefined) return { code, codeVerifier };
  throw new DomainError('invalid', 'give email and password, or code and codeVerifier');
}
