import { createTRPCUntypedClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import superjson from 'superjson';
import type { ProcedureName } from './calls.ts';
import type { Connection } from './connection.ts';
import { abortedError, errorFrom, errorFromResponse, isRecord } from './error-from.ts';
import type { GranaryError } from './errors.ts';

/** So many connections in a row, each broken within the time, and the stream is given up. */
const mostAttempts = 10;
const shortLived = 30_000;

/**
 * The items of a stream (server-sent events). Broken connections are made again, after the last item that arrived; ends
 * when the API ends it. The browsers' own EventSource cannot send credentials, hence the package's everywhere.
 */
export async function* subscribe(
  connection: Connection,
  name: ProcedureName,
  input: unknown,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown, void, undefined> {
  if (signal?.aborted) throw abortedError(signal);
  const stop = new AbortController();
  const watch = watchAttempts(connection, stop);
  const client = createTRPCUntypedClient({
    links: [
      httpSubscriptionLink({
        url: `${connection.url}/trpc`,
        transformer: superjson,
        EventSource,
        eventSourceOptions: { fetch: watch.fetch },
      }),
    ],
  });
  try {
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    for await (const event of client.subscription(name, input, { signal: either })) {
      watch.arrived();
      yield isRecord(event) && 'id' in event ? event.data : event; // tracked items come with their id
    }
  } catch (error) {
    throw watch.failure() ?? errorFrom(error, signal);
  } finally {
    stop.abort();
  }
  const failure = watch.failure();
  if (signal?.aborted) throw abortedError(signal);
  if (failure) throw failure;
}

/** EventSource tries for ever, and keeps to itself what the API answered: this decides when to stop and remembers why. */
function watchAttempts(connection: Connection, stop: AbortController) {
  let attempts = 0;
  let since = 0;
  let failure: GranaryError | undefined;
  const giveUp = (error: GranaryError) => {
    failure = error;
    stop.abort();
  };
  return {
    failure: () => failure,
    arrived: () => {
      attempts = 0;
    },
    async fetch(url: string | URL, init: RequestInit): Promise<Response> {
      const now = Date.now();
      attempts = now - since < shortLived ? attempts + 1 : 1;
      since = now;
      try {
        const response = await connection.fetch(url, init);
        if (response.ok) return response;
        throw await errorFromResponse(response);
      } catch (error) {
        const problem = errorFrom(error, init.signal ?? undefined);
        const passing = problem.kind === 'network' || (problem.status ?? 0) >= 500 || problem.status === 429;
        if (!passing || attempts >= mostAttempts) giveUp(problem);
        throw problem; // to EventSource a failed request: it waits and tries again
      }
    },
  };
}
