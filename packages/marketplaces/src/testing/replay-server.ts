import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { type FixtureRoute, readFixture } from './fixture-site.ts';

/** What goes wrong with a request. Each but a redirect may be limited to the first `times` requests. */
export type Fault =
  /** `retryAfter`: seconds, or a date. */
  | { readonly kind: 'busy'; readonly status?: 429 | 503; readonly retryAfter?: string; readonly times?: number }
  | {
      readonly kind: 'redirect';
      readonly location: string;
      readonly status?: 301 | 302 | 307 | 308;
      readonly times?: number;
    }
  /** Half of the body, and the connection ends. */
  | { readonly kind: 'truncated'; readonly times?: number }
  /** Half of the body, and nothing more until the client gives up. */
  | { readonly kind: 'stalled'; readonly times?: number }
  /** The connection ends before any answer. */
  | { readonly kind: 'reset'; readonly times?: number }
  /** Another answer than the route's. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string | Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
      readonly times?: number;
    };

/** A request as it came in. */
export interface SeenRequest {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it was answered with; 0 when the connection was ended or left hanging. */
  readonly status: number;
  readonly at: Date;
}

export interface ReplayServer extends AsyncDisposable {
  readonly port: number;
  /** Oldest first. */
  readonly requests: readonly SeenRequest[];
  /** From now on these are answered: another day of the site. */
  replace(routes: readonly FixtureRoute[]): void;
  /** Lets requests for an address (`host/path?query`) fail from now on. */
  fail(address: string, fault: Fault): void;
  close(): Promise<void>;
}

export interface ReplayOptions {
  readonly routes: readonly FixtureRoute[];
  /** Speaks TLS with this certificate, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * Answers on 127.0.0.1 for all hosts of the routes, told apart by the Host header, as a crawl would be answered by the real
 * ones: with an ETag, 304 for an If-None-Match that has it, and 404 for what no route answers.
 *
 * @example await using server = await startReplayServer({ routes: fixtureSite() });
 */
export async function startReplayServer({ routes, tls }: ReplayOptions): Promise<ReplayServer> {
  let current = routes;
  const faults = new Map<string, { readonly fault: Fault; used: number }>();
  const requests: SeenRequest[] = [];
  const listener: RequestListener = (request, response) => {
    void answer(request, response);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request);
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const target = request.url ?? '/';
    const see = (status: number) =>
      requests.push({
        method: request.method ?? '',
        host,
        target,
        headers: plainHeaders(request),
        body,
        status,
        at: new Date(),
      });
    const route = findRoute(current, { method: request.method ?? '', host, target, body });
    const failing = faults.get(`${host}${target}`);
    const { times = Number.POSITIVE_INFINITY } = failing?.fault ?? {};
    if (failing !== undefined && failing.used < times) {
      failing.used++;
      see(sendFault(response, failing.fault, route === undefined ? new Uint8Array(64) : readFixture(route.file)));
    } else see(send(request, response, route));
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const close = async () => {
    const { promise, resolve: closed } = Promise.withResolvers<void>();
    server.close(() => closed());
    server.closeAllConnections();
    await promise;
  };
  return {
    port: portOf(server.address()),
    requests,
    replace: (next) => {
      current = next;
    },
    fail: (address, fault) => {
      faults.set(address, { fault, used: 0 });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The route that answers a request; undefined where none does. */
export function findRoute(
  routes: readonly FixtureRoute[],
  {
    method,
    host,
    target,
    body,
  }: { readonly method: string; readonly host: string; readonly target: string; readonly body: string },
): FixtureRoute | undefined {
  return routes.find(
    (route) =>
      route.method === method &&
      route.host === host &&
      route.target === target &&
      (route.body === undefined || isDeepStrictEqual(route.body, jsonOf(body))),
  );
}

function send(request: IncomingMessage, response: ServerResponse, route: FixtureRoute | undefined): number {
  if (route === undefined)
    return end(response, 404, { 'content-type': 'text/plain' }, 'Nothing is recorded for this address.\n');
  const content = readFixture(route.file);
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  const headers = { ...route.headers, etag };
  if (request.headers['if-none-match'] === etag && route.status === 200) return end(response, 304, headers, '');
  return end(response, route.status, headers, content);
}

function sendFault(response: ServerResponse, fault: Fault, content: Uint8Array): number {
  if (fault.kind === 'busy')
    return end(
      response,
      fault.status ?? 429,
      fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
      'Too many requests.\n',
    );
  if (fault.kind === 'redirect') return end(response, fault.status ?? 302, { location: fault.location }, '');
  if (fault.kind === 'answer') return end(response, fault.status, fault.headers ?? {}, fault.body);
  if (fault.kind === 'reset') {
    response.destroy();
    return 0;
  }
  response.writeHead(200, { 'content-type': 'text/html', 'content-length': content.length });
  const half = content.subarray(0, content.length >> 1);
  response.write(half, () => {
    if (fault.kind === 'truncated') response.destroy();
  });
  return 0;
}

function end(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): number {
  response.writeHead(status, headers).end(body);
  return status;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function plainHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
