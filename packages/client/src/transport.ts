import { createTRPCUntypedClient, httpBatchLink, httpLink, splitLink } from '@trpc/client';
import superjson from 'superjson';
import type { CallOptions, ProcedureName } from './calls.ts';
import type { Connection } from './connection.ts';
import { procedureKinds } from './contract.gen.ts';
import { abortedError, errorFrom, errorFromResponse } from './error-from.ts';

/** Performs queries and mutations; rejects with GranaryError only. */
export type Perform = (name: ProcedureName, input: unknown, options: CallOptions) => Promise<unknown>;

// proxies take URLs of 8 kB or so; what is longer goes as a POST, which tRPC calls a method override
const longestUrl = 4000;
const longestInput = 3000;
/** The API refuses larger batches. */
const longestBatch = 10;

export function createTransport(connection: Connection): Perform {
  const http = {
    url: `${connection.url}/trpc`,
    transformer: superjson,
    fetch: (url: unknown, init?: object) => fetchJson(connection, String(url), init),
  };
  const client = createTRPCUntypedClient({
    links: [
      splitLink({
        condition: ({ type, input }) => type === 'query' && urlLength(input) > longestInput,
        true: httpLink({ ...http, methodOverride: 'POST' }),
        false: httpBatchLink({ ...http, maxItems: longestBatch, maxURLLength: longestUrl }),
      }),
    ],
  });
  return async (name, input, { signal }) => {
    const options = signal ? { signal } : {};
    try {
      if (signal?.aborted) throw abortedError(signal);
      const answer =
        procedureKinds[name] === 'query' ? client.query(name, input, options) : client.mutation(name, input, options);
      return await orAborted(answer, signal);
    } catch (error) {
      throw errorFrom(error, signal);
    }
  };
}

/** What is not tRPC's JSON comes from another route or from what stands before the API; tRPC would lose its status. */
async function fetchJson(connection: Connection, url: string, init: RequestInit = {}): Promise<Response> {
  const response = await connection.fetch(url, init);
  if (!response.headers.get('content-type')?.startsWith('application/json')) throw await errorFromResponse(response);
  return response;
}

/** A request of several calls is aborted with the last of them: the others would wait for its answer. */
function orAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortedError(signal));
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const urlLength = (input: unknown): number => encodeURIComponent(JSON.stringify(input) ?? '').length;
