import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import superjson from 'superjson';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { kinds } from '../errors/kinds.ts';
import type { LoadWatcher } from '../loads/watch-load.ts';
import type { Context } from './context.ts';
import { createRouter } from './router.ts';

const maxBatchSize = 10;

export interface TrpcDependencies {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly loads: LoadWatcher;
}

/** tRPC at /trpc: the registry of actions, batches of at most ten calls, subscriptions as server-sent events. */
export async function registerTrpc(app: FastifyInstance, dependencies: TrpcDependencies): Promise<void> {
  const { authentication, run, loads } = dependencies;
  const router = createRouter();

  const contextOf = (request: FastifyRequest): Context => ({
    request,
    run: async (action, input) => run(action, await authentication.require(request), input),
    async *watchLoad(input, lastEventId, signal) {
      yield* loads.watch({ identity: await authentication.require(request), input, lastEventId, signal });
    },
  });

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(sendEnvelope);
    scope.all<{ Params: { path: string } }>('/trpc/:path', (request, reply) =>
      fastifyRequestHandler({
        router,
        req: request,
        res: reply,
        path: request.params.path,
        maxBatchSize,
        allowMethodOverride: true, // a filter may be longer than an address can be
        createContext: () => contextOf(request),
        onError: ({ error }) => {
          if (error.code === 'INTERNAL_SERVER_ERROR' || error.code === 'SERVICE_UNAVAILABLE')
            reportFailure(error.cause ?? error, request);
        },
      }),
    );
  });
}

/** What fails before tRPC sees the request (rate limit, body too large …), in the form its clients understand. */
function sendEnvelope(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem } = reportFailure(error, request);
  const code = problem.kind === 'internal' ? 'INTERNAL_SERVER_ERROR' : kinds[problem.kind].code;
  const { kind, details, status: httpStatus, detail: message } = problem;
  const data = { code, httpStatus, kind, details, requestId: request.id };
  const shape = superjson.serialize({ message, code: -32_000, data });
  return reply
    .code(httpStatus)
    .type('application/json')
    .send(JSON.stringify({ error: shape }));
}
