import { TRPCError } from '@trpc/server';
import { incomingMessageToRequest } from '@trpc/server/adapters/node-http';
import { getHTTPStatusCodeFromError, resolveResponse } from '@trpc/server/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import superjson from 'superjson';
import type { ServeAction } from '../actions/serve-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { HttpError } from '../errors/http-error.ts';
import { kinds } from '../errors/kinds.ts';
import type { LoadWatcher } from '../loads/watch-load.ts';
import type { Context } from './context.ts';
import { createRouter } from './router.ts';

const maxBatchSize = 10;

export interface TrpcDependencies {
  readonly authentication: Authentication;
  readonly serve: ServeAction;
  readonly loads: LoadWatcher;
}

/** tRPC at /trpc: the registry of actions, batches of at most ten calls, subscriptions as server-sent events. */
export async function registerTrpc(app: FastifyInstance, dependencies: TrpcDependencies): Promise<void> {
  const { authentication, serve, loads } = dependencies;
  const router = createRouter();

  const contextOf = (request: FastifyRequest, reply: FastifyReply): Context => ({
    request,
    run: (action, input) => serve(action, request, reply, input),
    async *watchLoad(input, lastEventId, signal) {
      yield* loads.watch({ identity: await authentication.requireMember(request), input, lastEventId, signal });
    },
  });

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(sendEnvelope);
    scope.all<{ Params: { path: string } }>('/trpc/:path', async (request, reply) => {
      const response = await resolveResponse({
        router,
        req: incomingMessageToRequest(Object.assign(request.raw, { body: request.body }), reply.raw, {
          maxBodySize: null, // Fastify has read it, within its own limit
        }),
        path: request.params.path,
        error: null,
        maxBatchSize,
        allowMethodOverride: true, // a filter may be longer than an address can be
        createContext: async () => contextOf(request, reply),
        onError: ({ error }) => {
          if (error.code === 'INTERNAL_SERVER_ERROR' || error.code === 'SERVICE_UNAVAILABLE')
            reportFailure(error.cause ?? error, request);
        },
      });
      return send(response, reply);
    });
  });
}

/** An answer that is there as a whole goes out in one piece; through tRPC's own adapter it would be a stream too. */
async function send(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, status, body } = response;
  for (const [name, value] of headers) reply.header(name, name === 'vary' ? `Origin, ${value}` : value);
  reply.code(status).header('cache-control', headers.get('cache-control') ?? 'no-store');
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') || headers.has('transfer-encoding');
  return reply.send(isStream ? body : await response.text());
}

/** What fails before tRPC sees the request (rate limit, body too large …), in the form its clients understand. */
function sendEnvelope(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const cause = error instanceof TRPCError ? new HttpError(getHTTPStatusCodeFromError(error), error.message) : error;
  const { problem } = reportFailure(cause, request);
  const code = problem.kind === 'internal' ? 'INTERNAL_SERVER_ERROR' : kinds[problem.kind].code;
  const { kind, details, status: httpStatus, detail: message } = problem;
  const data = { code, httpStatus, kind, details, requestId: request.id };
  const shape = superjson.serialize({ message, code: -32_000, data });
  return reply
    .code(httpStatus)
    .type('application/json')
    .send(JSON.stringify({ error: shape }));
}
