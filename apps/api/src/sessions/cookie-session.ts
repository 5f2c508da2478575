import { DomainError, type SessionAuthenticator, type SupabaseSessions } from '@granary/domain';
import type { Authenticator } from '../authentication/authenticator.ts';
import { tokenOf } from './session-cookie.ts';

/**
 * The cookie of somebody who signed in. One that is of no session is no credential, so that signing in again works. Where the
 * session stands on tokens of Supabase, those are kept good first.
 */
export function cookieSession(sessions: SessionAuthenticator, supabase: SupabaseSessions | undefined): Authenticator {
  return async (request) => {
    if (request.headers.authorization !== undefined) return null;
    const token = tokenOf(request);
    const owner = token === undefined ? null : await sessions.authenticate(token);
    if (!owner) return null;
    const { supabaseSessionId, ...caller } = owner;
    if (supabaseSessionId === undefined) return caller;
    if (!supabase) throw new DomainError('unavailable', 'nobody signs in at Supabase here any more');
    await supabase.keepGood(supabaseSessionId);
    return caller;
  };
}
