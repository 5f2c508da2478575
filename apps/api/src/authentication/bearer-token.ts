import type { Database } from '@granary/db';
import { type DefaultMembership, DomainError, provisionSubject } from '@granary/domain';
import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Authenticator } from './authenticator.ts';

export interface TokenSettings {
  /** Where the issuer publishes its keys; or, for older projects, the secret that it signs with. */
  readonly keys: { readonly jwksUrl: string } | { readonly secret: string };
  readonly issuer: string | undefined;
  readonly audience: string;
}

const longestToken = 8192;
/** A token says so itself; a header may choose another organization that its person belongs to. */
const organizationHeader = 'granary-organization';
const rememberMs = 60_000;
const rememberAtMost = 10_000;

const claims = z.object({
  sub: z.uuid(),
  email: z.email().max(254),
  role: z.literal('authenticated'),
  // app_metadata is the operator's; user_metadata is its owner's, and is never read
  app_metadata: z.object({ tenant_id: z.uuid().optional() }).optional(),
});

/** `Authorization: Bearer <JWT>` of Supabase Auth, for frontends that sign in there. */
export function bearerToken(
  identity: Database,
  settings: TokenSettings,
  membership: DefaultMembership | undefined,
): Authenticator {
  const verify = createVerifier(settings);
  const homes = new Map<string, { readonly tenantId: string | null; readonly until: number }>();

  async function homeOf(subject: { id: string; email: string }): Promise<string | null> {
    const known = homes.get(subject.id);
    if (known && known.until > Date.now()) return known.tenantId;
    const tenantId = await provisionSubject(identity, subject, membership);
    homes.delete(subject.id);
    homes.set(subject.id, { tenantId, until: Date.now() + rememberMs });
    const [oldest] = homes.keys();
    if (homes.size > rememberAtMost && oldest !== undefined) homes.delete(oldest);
    return tenantId;
  }

  return async (request) => {
    const token = /^Bearer +([\w-]+\.[\w-]*\.[\w-]*)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return null;
    const { sub, email, app_metadata: metadata } = await verify(token);
    const home = await homeOf({ id: sub, email });
    const tenantId = chosenBy(request) ?? metadata?.tenant_id ?? home;
    return { userId: sub, ...(tenantId !== null && { tenantId }) };
  };
}

function chosenBy({ headers: { [organizationHeader]: chosen } }: FastifyRequest): string | undefined {
  if (chosen === undefined) return undefined;
  const { data } = z.uuid().safeParse(chosen);
  if (data === undefined) throw new DomainError('invalid', `${organizationHeader} is not the id of an organization`);
  return data;
}

/** Signature, algorithm, issuer, audience and time; then what the claims have to be. */
function createVerifier({
  keys,
  issuer,
  audience,
}: TokenSettings): (token: string) => Promise<z.output<typeof claims>> {
  const isRemote = 'jwksUrl' in keys;
  // a key of one kind must not be taken for one of the other: the list of algorithms is fixed by what was configured
  const algorithms = isRemote ? ['ES256', 'RS256', 'EdDSA'] : ['HS256'];
  const getKey: JWTVerifyGetKey = isRemote
    ? createRemoteJWKSet(new URL(keys.jwksUrl), {
        timeoutDuration: 5000,
        cooldownDuration: 30_000,
        cacheMaxAge: 600_000,
      })
    : async () => new TextEncoder().encode(keys.secret);
  const options = {
    algorithms,
    audience,
    clockTolerance: 5,
    requiredClaims: ['exp', 'sub'],
    ...(issuer !== undefined && { issuer }),
  };
  return async (token) => {
    if (token.length > longestToken) throw badToken();
    try {
      const { payload } = await jwtVerify(token, getKey, options);
      return claims.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || isUnreachable(error))
        throw new DomainError('unavailable', 'the keys of the token’s issuer cannot be had', {}, { cause: error });
      throw badToken(error);
    }
  };
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC');
const badToken = (cause?: unknown): DomainError =>
  new DomainError('unauthenticated', 'the token is not valid', {}, { cause });
