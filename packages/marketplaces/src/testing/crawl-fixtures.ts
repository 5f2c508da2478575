import type { Connector, ConnectorSettings, CrawlRequest, Page, ReadPlugin } from '../connector.ts';
import { UnreadablePage } from '../connector.ts';
import { type FixtureRoute, readFixture } from './fixture-site.ts';
import { findRoute } from './replay-server.ts';

export interface Crawled {
  readonly requests: readonly CrawlRequest[];
  readonly plugins: readonly ReadPlugin[];
  readonly unreadable: readonly string[];
}

/**
 * Follows a connector through the fixtures without a network: every request once, until none is left. Throws for one that
 * no fixture answers.
 */
export function crawlFixtures(
  connector: Connector,
  settings: ConnectorSettings,
  routes: readonly FixtureRoute[],
): Crawled {
  const queue = [...connector.start(settings)];
  const seen = new Set<string>();
  const requests: CrawlRequest[] = [];
  const plugins: ReadPlugin[] = [];
  const unreadable: string[] = [];
  for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
    if (seen.has(request.key)) continue;
    seen.add(request.key);
    requests.push(request);
    try {
      const reading = connector.read(fixturePage(request, routes));
      queue.push(...reading.requests);
      plugins.push(...reading.plugins);
    } catch (error) {
      if (!(error instanceof UnreadablePage)) throw error;
      unreadable.push(request.url);
    }
  }
  return { requests, plugins, unreadable };
}

export function fixturePage(request: CrawlRequest, routes: readonly FixtureRoute[]): Page {
  const { hostname, pathname, search } = new URL(request.url);
  const route = findRoute(routes, {
    method: request.method,
    host: hostname,
    target: pathname + search,
    body: request.body ?? '',
  });
  if (route === undefined) throw new Error(`no fixture answers ${request.method} ${request.url} ${request.body ?? ''}`);
  return {
    request,
    url: request.url,
    status: route.status,
    headers: route.headers,
    body: readFixture(route.file),
    fetchedAt: new Date(request.archivedAt ?? '2026-11-01T12:00:00Z'),
  };
}
