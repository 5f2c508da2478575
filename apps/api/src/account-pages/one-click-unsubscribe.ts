import { unsubscribe } from '@granary/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServeAction } from '../actions/serve-action.ts';

const query = z.object({ token: z.string().max(200).catch('') }).catch({ token: '' });

/**
 * POST /account/notifications?token=…: what a mail program does at a click on "unsubscribe" (RFC 8058). It sends a form that
 * says nothing, in one of two encodings, and shows nobody the answer. The address is not logged with its query.
 */
export function registerOneClickUnsubscribe(app: FastifyInstance, serve: ServeAction): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume();
      done(null);
    });
    scope.post('/account/notifications', (request: FastifyRequest, reply) => {
      const { token } = query.parse(request.query);
      return serve(unsubscribe, request, reply, { token });
    });
  });
}
