import { asSystem } from '@granary/db';
import type { Connector, CrawlRequest } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import { parseCrawlRequest } from './crawl-request.ts';
import { settingsOfRun } from './settings-of-run.ts';

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
  readonly source_id: string;
  readonly run_id: string;
  readonly tenant_id: string | null;
  readonly owner_id: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rate: number;
  readonly robots: string | null;
  readonly robots_fetched_at: Date | null;
  readonly request: unknown;
  readonly hops: string[];
  readonly attempts: number;
  readonly capture_id: string | null;
  readonly body_sha256: string | null;
  readonly etag: string | null;
  readonly last_modified: string | null;
}

/** The next request whose host may be asked now; undefined where there is none right now. */
export function takeTurn({ database, settings, connectors }: CrawlContext): Promise<Turn | undefined> {
  const lease = (settings.totalMs + settings.leaseMs) / 1000;
  return asSystem(database, 'crawl: turns', async (db) => {
    const { rows: taken } = await sql<{ turn: string; origin: string; source_id: string; key: string }>`
      select * from app.take_crawl_turn(make_interval(secs => ${lease}))`.execute(db);
    const [turn] = taken;
    if (!turn) return undefined;
    const { rows } = await sql<Row>`
      select r.source_id, r.run_id, r.request, r.hops, r.attempts, r.etag, r.last_modified, c.id as capture_id, c.body_sha256,
        s.tenant_id, s.owner_id, s.connector, ${settingsOfRun} as settings, s.rate, h.robots, h.robots_fetched_at
      from crawl_requests r join source_runs u on u.id = r.run_id join sources s on s.id = r.source_id join jobs.crawl_hosts h on h.origin = ${turn.origin}
        left join captures c on c.owner_id = r.owner_id and c.id = r.capture_id
      where r.source_id = ${turn.source_id}::uuid and r.key = ${turn.key}`.execute(db);
    const [row] = rows;
    const connector = row && connectors.of(row.connector);
    // its run was begun by a worker that has this connector: one without it leaves the turn to others, once the lease is over
    if (!row || !connector) return undefined;
    return {
      token: turn.turn,
      origin: turn.origin,
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
  });
}
