import { onceAsSystem } from '@granary/db';
import type { Connector, CrawlRequest } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import { parseCrawlRequest } from './crawl-request.ts';

export interface SourceOfRun {
  readonly sourceId: string;
  readonly runId: string;
  readonly tenantId: string | null;
  /** The organization, or the installation. */
  readonly ownerId: string;
  readonly connector: Connector;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** One request to one host, which nobody else asks meanwhile. */
export interface Turn extends SourceOfRun {
  readonly token: string;
  /** Scheme, name and port. */
  readonly origin: string;
  readonly rate: number;
  readonly robots: { readonly text: string; readonly fetchedAt: Date } | null;
  readonly request: CrawlRequest;
  /** Where redirects led so far. */
  readonly hops: readonly string[];
  /** This one among them. */
  readonly attempts: number;
  /** The newest capture of the same request, and what the host said of it. */
  readonly former: {
    readonly captureId: string;
    readonly bodySha256: string;
    readonly etag: string | null;
    readonly lastModified: string | null;
  } | null;
}

interface Row {
  readonly turn: string;
  readonly origin: string;
  readonly rate: number;
  readonly robots: string | null;
  readonly robots_fetched_at: Date | null;
  readonly source_id: string;
  readonly run_id: string;
  readonly tenant_id: string | null;
  readonly owner_id: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly request: unknown;
  readonly hops: string[];
  readonly attempts: number;
  readonly etag: string | null;
  readonly last_modified: string | null;
  readonly capture_id: string | null;
  readonly body_sha256: string | null;
}

/** The next request whose host may be asked now; undefined where there is none right now. */
export async function takeTurn({ database, settings, connectors }: CrawlContext): Promise<Turn | undefined> {
  const lease = (settings.totalMs + settings.leaseMs) / 1000;
  const [[row]] = await onceAsSystem(
    database,
    'crawl: turns',
    { durable: false }, // a turn that a crash takes back was in flight
    sql<Row>`select * from app.take_crawl_turn(make_interval(secs => ${lease}))`,
  );
  const connector = row && connectors.of(row.connector);
  // its run was begun by a worker that has this connector: one without it leaves the turn to others, once the lease is over
  if (!row || !connector) return undefined;
  return {
    token: row.turn,
    origin: row.origin,
    sourceId: row.source_id,
    runId: row.run_id,
    tenantId: row.tenant_id,
    ownerId: row.owner_id,
    connector,
    settings: row.settings,
    rate: row.rate,
    robots:
      row.robots !== null && row.robots_fetched_at
        ? { text: row.robots, fetchedAt: new Date(row.robots_fetched_at) }
        : null,
    request: parseCrawlRequest(row.request),
    hops: row.hops,
    attempts: row.attempts,
    former:
      row.capture_id !== null && row.body_sha256 !== null
        ? { captureId: row.capture_id, bodySha256: row.body_sha256, etag: row.etag, lastModified: row.last_modified }
        : null,
  };
}
