import type { SessionAuthenticator } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { keepToken, tokenOf } from './session-cookie.ts';

/** Replaces a session's token with the answer to a request, long before it would expire. */
export function renewSessions(app: FastifyInstance, sessions: SessionAuthenticator): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const token = request.headers.authorization === undefined ? tokenOf(request) : undefined;
    if (token === undefined || reply.hasHeader('set-cookie') || reply.statusCode === 401) return payload;
    const renewed = await sessions.renew(token);
    if (renewed) keepToken(reply, renewed.text, renewed.maxAgeSeconds);
    return payload;
  });
}
