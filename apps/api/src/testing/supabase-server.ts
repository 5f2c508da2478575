import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll } from 'vitest';
import { z } from 'zod';

interface Family {
  readonly userId: string;
  readonly email: string;
  refreshToken: string;
  readonly used: Set<string>;
  isOver: boolean;
}

const body = z.object({
  email: z.string().optional(),
  password: z.string().optional(),
  auth_code: z.string().optional(),
  code_verifier: z.string().optional(),
  refresh_token: z.string().optional(),
});

/**
 * As much of Supabase Auth as signs people in: keys, /token and /logout over HTTP, with refresh tokens that are good once;
 * one that is used again ends its session, without the ten seconds of grace that the real one gives.
 */
export async function startSupabase() {
  const people = new Map<string, { readonly id: string; readonly password: string }>();
  const codes = new Map<string, { readonly email: string; readonly verifier: string }>();
  const families: Family[] = [];
  const published: JWK[] = [];
  const secrets: string[] = [];
  const seen = { refreshes: 0, reuses: 0, loggedOut: [] as string[] };
  const state = { isDown: false, expiresIn: 3600, kid: 'first', gate: Promise.resolve() };
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>['privateKey']>();
  const publish = async (kid: string) => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    keys.set(kid, pair.privateKey);
    published.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' });
  };
  await publish('first');

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  const send = (response: ServerResponse, status: number, value: object) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

  async function grant(response: ServerResponse, family: Family): Promise<void> {
    const key = keys.get(state.kid);
    if (!key) throw new Error('no such key');
    const accessToken = await new SignJWT({ email: family.email, role: 'authenticated', session: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: state.kid })
      .setSubject(family.userId)
      .setIssuer(`${url}/auth/v1`)
      .setAudience('authenticated')
      .setIssuedAt()
      .setExpirationTime(`${state.expiresIn}s`)
      .sign(key);
    secrets.push(accessToken, family.refreshToken);
    send(response, 200, {
      access_token: accessToken,
      refresh_token: family.refreshToken,
      expires_in: state.expiresIn,
      token_type: 'bearer',
    });
  }

  function begin(email: string): Family {
    const id = people.get(email)?.id ?? '';
    const family = { userId: id, email, refreshToken: randomUUID(), used: new Set<string>(), isOver: false };
    families.push(family);
    return family;
  }

  async function refresh(response: ServerResponse, token: string): Promise<void> {
    seen.refreshes += 1;
    const family = families.find(({ refreshToken, used }) => refreshToken === token || used.has(token));
    if (family?.used.has(token)) {
      seen.reuses += 1;
      family.isOver = true;
    }
    if (!family || family.isOver) return send(response, 400, { code: 400, error_code: 'refresh_token_already_used' });
    family.used.add(token);
    family.refreshToken = randomUUID();
    await state.gate;
    await grant(response, family);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (state.isDown) return send(response, 503, { message: 'down' });
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    if (pathname.endsWith('/jwks.json')) return send(response, 200, { keys: published });
    if (request.headers.apikey !== 'anon-key') return send(response, 401, { message: 'Invalid API key' });
    if (pathname.endsWith('/logout')) {
      seen.loggedOut.push(request.headers.authorization?.slice(7) ?? '');
      return void response.writeHead(204).end();
    }
    const input = body.parse(JSON.parse(await text(request)));
    const kind = searchParams.get('grant_type');
    if (kind === 'refresh_token') return refresh(response, input.refresh_token ?? '');
    const code = codes.get(input.auth_code ?? '');
    codes.delete(input.auth_code ?? '');
    if (kind === 'pkce' && code?.verifier === input.code_verifier && code) return grant(response, begin(code.email));
    if (kind === 'password' && input.email && people.get(input.email)?.password === input.password)
      return grant(response, begin(input.email));
    send(response, 400, { code: 400, error_code: 'invalid_credentials', msg: `no ${input.password}` });
  }

  return {
    url,
    state,
    seen,
    /** Every token that it gave. */
    secrets,
    families,
    publish,
    unpublish: (kid: string) =>
      void published.splice(
        published.findIndex((key) => key.kid === kid),
        1,
      ),
    addPerson(email: string, password: string): string {
      const id = randomUUID();
      people.set(email, { id, password });
      return id;
    },
    addCode(email: string, verifier: string): string {
      const code = randomUUID();
      codes.set(code, { email, verifier });
      return code;
    },
  };
}
