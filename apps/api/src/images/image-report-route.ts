import { reportImage } from '@granary/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServeAction } from '../actions/serve-action.ts';

const params = z.object({ repositoryId: z.string() });
const text = z.string().catch('');
const signed = z.object({ 'webhook-id': text, 'webhook-timestamp': text, 'webhook-signature': text });

/**
 * POST /hooks/repositories/{repositoryId}/images: what a machine says of an image that it builds, as Standard Webhooks has such requests.
 * The body is taken as it came, because that is what was signed.
 */
export function registerImageReports(app: FastifyInstance, serve: ServeAction): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 10_000_000 }, (_request, body, done) =>
      done(null, body),
    );
    scope.post('/hooks/repositories/:repositoryId/images', (request: FastifyRequest, reply) => {
      const headers = signed.parse(request.headers);
      return serve(reportImage, request, reply, {
        repositoryId: params.parse(request.params).repositoryId,
        id: headers['webhook-id'],
        timestamp: headers['webhook-timestamp'],
        signature: headers['webhook-signature'],
        body: typeof request.body === 'string' ? request.body : '',
      });
    });
  });
}
