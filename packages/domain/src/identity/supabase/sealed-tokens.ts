import { z } from 'zod';
import { keyContext } from '../../encryption/key-context.ts';
import type { MasterKeys } from '../../encryption/master-keys.ts';
import { openValue, sealValue } from '../../encryption/sealed-value.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { SupabaseTokens } from './supabase-auth.ts';

const pair = z.object({ accessToken: z.string(), refreshToken: z.string() });
export type TokenPair = z.output<typeof pair>;

const context = (sessionId: string): string => `supabase tokens|${sessionId}`;

export const wrapSessionKey = (masterKeys: MasterKeys, sessionId: string, key: Uint8Array): Buffer =>
  masterKeys.wrap(key, keyContext.supabaseSession(sessionId));

/** Throws DomainError precondition where the master key is another one. */
export const unwrapSessionKey = (masterKeys: MasterKeys, sessionId: string, wrapped: Uint8Array): Buffer =>
  masterKeys.unwrap(wrapped, keyContext.supabaseSession(sessionId));

export function sealTokens(key: Uint8Array, sessionId: string, { accessToken, refreshToken }: TokenPair): Buffer {
  return sealValue(key, Buffer.from(JSON.stringify({ accessToken, refreshToken })), context(sessionId));
}

/** Throws DomainError precondition for what was sealed for another session, or changed. */
export function openTokens(key: Uint8Array, sessionId: string, sealed: Uint8Array): TokenPair {
  const opened = openValue(key, sealed, context(sessionId));
  if (!opened) throw new DomainError('precondition', 'the tokens of this session are damaged: sign in again');
  return pair.parse(JSON.parse(opened.toString()));
}

const bufferMs = 300_000;

/** Five minutes before the access token ends; of one that does not live ten, after half of its life. */
export const refreshAfter = ({ issuedAt, expiresAt }: Pick<SupabaseTokens, 'issuedAt' | 'expiresAt'>): Date =>
  new Date(expiresAt.getTime() - Math.min(bufferMs, Math.max(0, expiresAt.getTime() - issuedAt.getTime()) / 2));
