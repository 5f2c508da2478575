import { DomainError, type KeyAuthenticator } from '@granary/domain';
import type { Authenticator } from './authenticator.ts';

/** `Authorization: Bearer grn_…`, for programs. Another scheme is refused instead of being taken for no credential. */
export function bearerKey(keys: KeyAuthenticator): Authenticator {
  return async ({ headers: { authorization } }) => {
    if (authorization === undefined) return null;
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw new DomainError('unauthenticated', 'the Authorization header is not a bearer token');
    return keys.authenticate(token);
  };
}
