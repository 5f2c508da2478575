import { DomainError, type SupabaseAuth, type SupabaseCredentials, type SupabaseTokens } from '@granary/domain';
import { z } from 'zod';
import { createVerifier, readClaims, type TokenSettings } from './verify-token.ts';

export interface SupabaseSettings {
  /** Of the project: `https://<project>.supabase.co`. */
  readonly url: string;
  readonly anonKey: string;
  readonly tokens: TokenSettings;
}

const timeoutMs = 10_000;

const granted = z.object({ access_token: z.string().min(1), refresh_token: z.string().min(1).max(4096) });
const refusal = z.object({ error: z.string().optional(), error_code: z.string().optional() });

/** What says that there is no such session any more, and not that something else is wrong (supabase.com/docs/guides/auth/debugging/error-codes). */
const over = new Set([
  'invalid_grant',
  'refresh_token_not_found',
  'refresh_token_already_used',
  'session_not_found',
  'session_expired',
  'user_not_found',
  'user_banned',
]);
/** What says that it was the caller's password, or code. */
const wrong = new Set([
  'invalid_grant',
  'invalid_credentials',
  'email_not_confirmed',
  'user_banned',
  'user_not_found',
  'bad_code_verifier',
  'flow_state_not_found',
  'flow_state_expired',
  'validation_failed',
]);

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Supabase Auth's HTTP interface (GoTrue). Nothing of a body, either way, is in an error: there are tokens in both. */
export function supabaseAuth({ url, anonKey, tokens }: SupabaseSettings): SupabaseAuth {
  const verify = createVerifier(tokens);

  async function post(path: string, body: object | null, bearer = anonKey): Promise<Answer> {
    try {
      const response = await fetch(`${url}/auth/v1${path}`, {
        method: 'POST',
        headers: { apikey: anonKey, authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, body: await response.json().catch(() => null) };
    } catch (error) {
      throw new DomainError('unavailable', 'Supabase Auth does not answer', {}, { cause: error });
    }
  }

  const token = (grant: string, body: object) => post(`/token?grant_type=${grant}`, body);

  /** Not verified here: a refresh token is good once, so what came for it has to be kept whatever it is. */
  function accept({ body }: Answer): SupabaseTokens {
    const { success, data } = granted.safeParse(body);
    if (!success) throw unexpected();
    const { sub, email, iat, exp } = readClaims(data.access_token);
    return {
      accessToken: data.access_token,
      refreshToken: data.refresh_token,
      subject: { id: sub, email },
      issuedAt: iat === undefined ? new Date() : new Date(iat * 1000),
      expiresAt: new Date(exp * 1000),
    };
  }

  return {
    async signIn(credentials) {
      const answer = await token(...grantOf(credentials));
      if (answer.status === 200) {
        const accepted = accept(answer);
        await verify(accepted.accessToken);
        return accepted;
      }
      if (answer.status === 429)
        throw new DomainError('limit_reached', 'too many attempts at Supabase, try again later');
      if (codesOf(answer).some((code) => wrong.has(code)))
        throw new DomainError('unauthenticated', 'Supabase refused the name and password, or the code');
      throw unexpected(answer.status);
    },
    async refresh(refreshToken) {
      const answer = await token('refresh_token', { refresh_token: refreshToken });
      if (answer.status === 200) return accept(answer);
      if (answer.status < 500 && answer.status !== 429 && codesOf(answer).some((code) => over.has(code)))
        return 'ended';
      throw unexpected(answer.status);
    },
    async logOut(accessToken) {
      await post('/logout?scope=local', null, accessToken);
    },
    isValid: (accessToken) =>
      verify(accessToken).then(
        () => true,
        (error: unknown) => {
          if (error instanceof DomainError && error.kind === 'unauthenticated') return false;
          throw error;
        },
      ),
  };
}

function grantOf(credentials: SupabaseCredentials): [grant: string, body: object] {
  if ('email' in credentials) return ['password', { email: credentials.email, password: credentials.password }];
  return ['pkce', { auth_code: credentials.code, code_verifier: credentials.codeVerifier }];
}

/** Older and newer versions name the reason differently. */
function codesOf({ body }: Answer): string[] {
  const { data } = refusal.safeParse(body);
  return [data?.error, data?.error_code].filter((code) => code !== undefined);
}

const unexpected = (status?: number): DomainError =>
  new DomainError(
    'unavailable',
    'Supabase Auth does not answer as expected',
    {},
    { cause: new Error(`status ${status}`) },
  );
