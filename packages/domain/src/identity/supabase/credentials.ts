import { z } from 'zod';
import { DomainError } from '../../errors/domain-error.ts';
import type { IdentityServices } from '../services.ts';
import type { SupabaseAuth, SupabaseCredentials } from './supabase-auth.ts';

/** Either e-mail and password, or a code with its verifier. */
export const supabaseCredentials = z.object({
  email: z.email().max(254).optional(),
  password: z.string().min(1).max(200).optional(),
  code: z.string().min(1).max(500).optional().meta({ description: 'What a log-in by PKCE came back with' }),
  codeVerifier: z.string().min(43).max(128).optional(),
});

/** Throws DomainError invalid for neither and for both. */
export function chosenOf(given: z.output<typeof supabaseCredentials>): SupabaseCredentials {
  const { email, password, code, codeVerifier } = given;
  if (email !== undefined && password !== undefined && code === undefined) return { email, password };
  if (code !== undefined && codeVerifier !== undefined && password === undefined) return { code, codeVerifier };
  throw new DomainError('invalid', 'give email and password, or code and codeVerifier');
}

/** Throws DomainError unavailable where it is not set up. */
export function requireSupabase({ supabase }: IdentityServices): SupabaseAuth {
  if (supabase) return supabase;
  throw new DomainError('unavailable', 'nobody signs in at Supabase here: SUPABASE_URL is not set');
}
