/** A request from which nobody is known yet. */
export interface Visit {
  /** For the audit trail. */
  readonly requestId?: string;
  readonly address?: string;
}

/**
 * Somebody at the command line with the connection of the database's owner. No request is one, and what a login of ours
 * claims to be counts for nothing: the database asks whose connection it is.
 */
export interface Operator extends Visit {
  /** Who it is, for the audit trail: as the machine knows them. */
  readonly operator: string;
}

/** Who a request acts for. Policies look at memberships, roles and credentials themselves, so every field can only narrow. */
export interface Identity extends Visit {
  readonly userId: string;
  /** The organization that the request is about; somebody may belong to none. */
  readonly tenantId?: string;
  /** Set when an API key was presented: its scopes, expiry and revocation then apply. */
  readonly keyId?: string;
  /** Set when a session's token was presented: that session's expiry and revocation then apply. */
  readonly tokenId?: string;
}

/** Somebody at work in an organization. */
export type Member = Identity & { readonly tenantId: string };

/** What PostgREST would have put into request.jwt.claims; auth.uid() and the functions of schema app read it. */
export function claimsOf(caller: Visit & Partial<Identity> & Partial<Operator>): string {
  const { userId, tenantId, keyId, tokenId, operator, requestId, address } = caller;
  return JSON.stringify({
    sub: userId,
    role: userId && 'authenticated',
    tenant_id: tenantId,
    key_id: keyId,
    token_id: tokenId,
    operator,
    request_id: requestId,
    address,
  });
}
