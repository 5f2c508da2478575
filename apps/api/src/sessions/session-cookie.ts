import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The prefix makes browsers insist on Secure, on this host alone, and on the whole of it (RFC 6265bis, 4.1.3.2). */
const name = '__Host-granary';

/** The token of a session that a request came with. */
export function tokenOf({ headers: { cookie } }: FastifyRequest): string | undefined {
  return cookie === undefined ? undefined : parseCookie(cookie)[name];
}

/** What every cookie of ours says: no script reads it, and no other site's request carries it. */
const attributes = { name, path: '/', secure: true, httpOnly: true, sameSite: 'lax' } as const;

export function keepToken(reply: FastifyReply, token: string, maxAgeSeconds: number): void {
  reply.header('set-cookie', stringifySetCookie({ ...attributes, value: token, maxAge: maxAgeSeconds }));
}

export function dropToken(reply: FastifyReply): void {
  reply.header('set-cookie', stringifySetCookie({ ...attributes, value: '', maxAge: 0 }));
}
