import type { Identity, Member, Visit } from '@granary/db';
import { DomainError, requireMember } from '@granary/domain';
import type { FastifyRequest } from 'fastify';

/** Whom a credential belongs to. */
export type Caller = Pick<Identity, 'userId' | 'tenantId' | 'keyId' | 'tokenId'> & {
  /** Of a credential that has a limit of its own. */
  readonly requestsPerMinute?: number | null;
};
export type Known = Identity & Pick<Caller, 'requestsPerMinute'>;

/**
 * One kind of credential: an API key, a session's cookie, a token of another issuer. Null when the request has none of this
 * kind; throws DomainError unauthenticated when it has one that is not good.
 */
export type Authenticator = (request: FastifyRequest) => Promise<Caller | null>;

export interface Authentication {
  /** Null without any credential. Asked once per request, however often it is called. */
  identify(request: FastifyRequest): Promise<Known | null>;
  /** What was found, if anything asked before; null as well for a credential that is not good. */
  known(request: FastifyRequest): Promise<Identity | null>;
  /** Throws DomainError unauthenticated without one. */
  require(request: FastifyRequest): Promise<Identity>;
  /** The same; throws DomainError precondition for somebody who is in no organization. */
  requireMember(request: FastifyRequest): Promise<Member>;
  /** The request, as nobody's. */
  visit(request: FastifyRequest): Visit;
}

/** The first credential found decides; what it may do is decided again by the database whenever a session opens. */
export function createAuthentication(authenticators: readonly Authenticator[]): Authentication {
  const visit = ({ id, ip }: FastifyRequest): Visit => ({ requestId: id, address: ip });
  const known = new WeakMap<FastifyRequest, Promise<Known | null>>();

  const find = async (request: FastifyRequest): Promise<Known | null> => {
    for (const authenticate of authenticators) {
      const caller = await authenticate(request);
      if (caller) return { ...caller, ...visit(request) };
    }
    return null;
  };
  const identify = (request: FastifyRequest): Promise<Known | null> => {
    const found = known.get(request) ?? find(request);
    known.set(request, found);
    return found;
  };
  const require = async (request: FastifyRequest): Promise<Identity> => {
    const identity = await identify(request);
    if (!identity)
      throw new DomainError('unauthenticated', 'not signed in: send Authorization: Bearer <API key>, or sign in');
    return identity;
  };
  return {
    identify,
    visit,
    require,
    requireMember: async (request) => requireMember(await require(request)),
    known: async (request) => (await known.get(request)?.catch(() => null)) ?? null,
  };
}
