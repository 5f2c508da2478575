import type { SessionAuthenticator } from '@granary/domain';
import type { Authenticator } from '../authentication/authenticator.ts';
import { tokenOf } from './session-cookie.ts';

/** The cookie of somebody who signed in. One that is of no session is no credential, so that signing in again works. */
export function cookieSession(sessions: SessionAuthenticator): Authenticator {
  return async (request) => {
    if (request.headers.authorization !== undefined) return null;
    const token = tokenOf(request);
    return token === undefined ? null : sessions.authenticate(token);
  };
}
