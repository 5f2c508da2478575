import { asSystem } from '@granary/db';
import { sql } from 'kysely';
import { loadBody } from './body-store.ts';
import type { CrawlContext } from './crawl-context.ts';
import { parseCrawlRequest } from './crawl-request.ts';
import type { CapturedPage } from './read-page.ts';

interface Row {
  readonly id: string;
  readonly request: unknown;
  readonly final_url: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly fetched_at: Date;
  readonly origin: 'live' | 'import' | 'archive';
  readonly body_sha256: string;
  readonly object_sha256: string;
  readonly encoding: string;
}

/** A page as it was captured; undefined where the capture is gone. */
export async function loadCapture(
  context: Pick<CrawlContext, 'database' | 'store'>,
  ownerId: string,
  captureId: string,
): Promise<CapturedPage | undefined> {
  const rows = await asSystem(context.database, 'crawl: captures', async (db) => {
    const found = await sql<Row>`
      select id, request, final_url, status, headers, fetched_at, origin, body_sha256, object_sha256, encoding
      from captures where owner_id = ${ownerId}::uuid and id = ${captureId}::uuid`.execute(db);
    return found.rows;
  });
  const [row] = rows;
  if (!row) return undefined;
  const request = parseCrawlRequest(row.request);
  const body = await loadBody(context, ownerId, {
    sha256: row.object_sha256,
    bodySha256: row.body_sha256,
    encoding: row.encoding,
  });
  const { final_url: url, status, headers } = row;
  return {
    captureId: row.id,
    key: request.key,
    origin: row.origin,
    page: { request, url, status, headers, body, fetchedAt: new Date(row.fetched_at) },
  };
}
