/** Who a request acts for. Policies look at memberships, roles and keys themselves, so every field can only narrow. */
export interface Identity {
  readonly userId: string;
  /** The organization that the request is about. */
  readonly tenantId: string;
  /** Set when an API key was presented: its scopes, expiry and revocation then apply. */
  readonly keyId?: string;
  /** For the audit trail. */
  readonly requestId?: string;
  readonly address?: string;
}

/** What PostgREST would have put into request.jwt.claims; auth.uid() and the functions of schema app read it. */
export function claimsOf({ userId, tenantId, keyId, requestId, address }: Identity): string {
  return JSON.stringify({
    sub: userId,
    role: 'authenticated',
    tenant_id: tenantId,
    key_id: keyId,
    request_id: requestId,
    address,
  });
}
