import type { FastifyInstance } from 'fastify';
import type { Authentication } from '../authentication/authenticator.ts';

/**
 * One line per answered request. The route's pattern, not its address: queries hold people's values, and whoever
 * misunderstands puts a key into one.
 */
export function logRequests(app: FastifyInstance, { known }: Authentication): void {
  app.addHook('onResponse', async (request, reply) => {
    const identity = await known(request);
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        address: request.ip,
        ...(identity && { tenantId: identity.tenantId, userId: identity.userId, keyId: identity.keyId }),
      },
      'answered',
    );
  });
}
