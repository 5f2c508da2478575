import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { ServerSettings } from '../env.ts';
import { sendProblem } from '../errors/handle-errors.ts';
import { requestIdOf } from './request-ids.ts';

/** Nothing was sent or received for so long: the peer is gone. Streams send something more often than that. */
const idleMs = 120_000;

/** The bare HTTP server, with its limits and without a route. */
export function createApp(settings: ServerSettings, logger: FastifyBaseLogger): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    trustProxy: settings.trustProxy,
    bodyLimit: settings.maxBodyBytes,
    connectionTimeout: idleMs,
    http: { maxHeaderSize: 64 * 1024, headersTimeout: 30_000 }, // a cursor or a filter in an address may be long
    routerOptions: { maxParamLength: 2000 }, // tRPC names all calls of a batch in one
    return503OnClosing: false, // while we shut down, what arrives on an open connection is still answered
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
  });
  app.removeContentTypeParser('text/plain'); // bodies are JSON
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  return app;
}
