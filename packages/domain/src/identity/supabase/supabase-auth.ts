import type { Subject } from '../provision-subject.ts';

/** What Supabase Auth gave for one log-in. */
export interface SupabaseTokens {
  readonly accessToken: string;
  /** Good for one refresh. */
  readonly refreshToken: string;
  readonly subject: Subject;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** A password, or what a log-in elsewhere (OAuth, magic link) by PKCE came back with (RFC 7636). */
export type SupabaseCredentials =
  | { readonly email: string; readonly password: string }
  | { readonly code: string; readonly codeVerifier: string };

/** Supabase Auth over HTTP; implemented by the API. Nothing that it throws has a token, a code or a password in it. */
export interface SupabaseAuth {
  /** Verified. Throws DomainError unauthenticated where it refuses, limit_reached, or unavailable where it does not answer. */
  signIn(credentials: SupabaseCredentials): Promise<SupabaseTokens>;
  /** Not verified. `ended` where it said that this session is over; throws DomainError unavailable for everything else. */
  refresh(refreshToken: string): Promise<SupabaseTokens | 'ended'>;
  /** Ends this session there. Throws DomainError unavailable. */
  logOut(accessToken: string): Promise<void>;
  /** Whether it is good now; throws DomainError unavailable where the issuer's keys cannot be had. */
  isValid(accessToken: string): Promise<boolean>;
}
