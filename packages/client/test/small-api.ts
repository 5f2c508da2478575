import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import superjson from 'superjson';
import { onTestFinished } from 'vitest';
import type { Load } from '../src/index.ts';

type Answer = (input: unknown) => unknown;
interface Behaviour {
  readonly queries?: Record<string, Answer>;
  readonly mutations?: Record<string, Answer>;
  /** The states of a load, in order; throws to break off. */
  readonly loads?: (lastEventId: string | undefined) => AsyncIterable<Load>;
  /** Looks at each request first; true when it has answered. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * An HTTP server with a tRPC router like the API's, to show the client what a healthy API never does. What it does with
 * the API itself is tested beside the API.
 */
export async function startSmallApi({ queries = {}, mutations = {}, loads, before }: Behaviour) {
  const t = initTRPC.create({
    transformer: superjson,
    isDev: false,
    sse: { client: { reconnectAfterInactivityMs: 5000 }, ping: { enabled: true, intervalMs: 1000 } },
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: { ...shape.data, kind: error.code.toLowerCase(), details: { from: 'test' }, requestId: 'request-1' },
    }),
  });
  const input = (value: unknown) => value;
  const watchLoad = t.procedure.input(input).subscription(async function* ({ input: asked }) {
    const resumed =
      typeof asked === 'object' && asked && 'lastEventId' in asked ? String(asked.lastEventId) : undefined;
    for await (const load of loads?.(resumed) ?? []) yield tracked(String(load.rowsDone), load);
  });
  const router = t.router({
    datasets: t.router({
      ...Object.fromEntries(
        Object.entries(queries).map(([name, answer]) => [
          name,
          t.procedure.input(input).query(({ input: given }) => answer(given)),
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(mutations).map(([name, answer]) => [
          name,
          t.procedure.input(input).mutation(({ input: given }) => answer(given)),
        ]),
      ),
      watchLoad,
    }),
  });
  const requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  const handle = createHTTPHandler({ router, basePath: '/trpc/', allowMethodOverride: true, maxBatchSize: 10 });
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    if (!before?.(request, response)) handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${addressOf(server.address()).port}`, requests };
}

export function refuse(code: TRPCError['code'], message: string): never {
  throw new TRPCError({ code, message });
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (typeof address !== 'object' || !address) throw new Error('not listening on a port');
  return address;
}
