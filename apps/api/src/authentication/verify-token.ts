import { DomainError } from '@granary/domain';
import { createRemoteJWKSet, decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';

export interface TokenSettings {
  /** Where the issuer publishes its keys; or, for older projects, the secret that it signs with. */
  readonly keys: { readonly jwksUrl: string } | { readonly secret: string };
  readonly issuer: string | undefined;
  readonly audience: string;
}

const longestToken = 8192;

const claims = z.object({
  sub: z.uuid(),
  email: z.email().max(254),
  role: z.literal('authenticated'),
  iat: z.number().optional(),
  exp: z.number(),
  // app_metadata is the operator's; user_metadata is its owner's, and is never read
  app_metadata: z.object({ tenant_id: z.uuid().optional() }).optional(),
});

/** What a token says, unverified: of one that the issuer itself has just handed over. Throws for what is no such token. */
export const readClaims = (token: string): z.output<typeof claims> => claims.parse(decodeJwt(token));

/** Signature, algorithm, issuer, audience and time; then what the claims have to be. */
export function createVerifier({
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
