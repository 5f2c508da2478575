import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Visit {
  readonly host: string;
  readonly path: string;
  readonly at: number;
  readonly headers: http.IncomingHttpHeaders;
}

export interface MarketplaceServer {
  readonly port: number;
  /** In the order in which they arrived. */
  readonly visits: Visit[];
  /** How often each path was asked, without robots.txt. */
  counts(): Record<string, number>;
  /** Most requests to one host that were open at the same time. */
  mostAtOnce(): number;
  on(path: string, answer: http.RequestListener): void;
  /** `path` of `host` alone. */
  onHost(host: string, path: string, answer: http.RequestListener): void;
  json(path: string, value: unknown, headers?: http.OutgoingHttpHeaders): void;
  close(): Promise<void>;
}

/** Stands for the hosts of marketplaces, and counts. What it does not know is 404. */
export async function startMarketplace(): Promise<MarketplaceServer> {
  const routes = new Map<string, http.RequestListener>();
  const visits: Visit[] = [];
  const open = new Map<string, number>();
  let most = 0;
  const server = http.createServer((request, response) => {
    const [host, path] = [request.headers.host ?? '', request.url ?? ''];
    visits.push({ host, path, at: performance.now(), headers: request.headers });
    const now = (open.get(host) ?? 0) + 1;
    open.set(host, now);
    most = Math.max(most, now);
    response.once('close', () => open.set(host, (open.get(host) ?? 1) - 1));
    const answer = routes.get(`${host.split(':')[0]}${path}`) ?? routes.get(path);
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  const on = (path: string, answer: http.RequestListener) => void routes.set(path, answer);
  return {
    port: address.port,
    visits,
    counts() {
      const counts: Record<string, number> = {};
      for (const { path } of visits) if (path !== '/robots.txt') counts[path] = (counts[path] ?? 0) + 1;
      return counts;
    },
    mostAtOnce: () => most,
    on,
    onHost: (host, path, answer) => on(`${host}${path}`, answer),
    json: (path, value, headers = {}) =>
      on(path, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
