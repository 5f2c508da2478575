import { asSystem } from '@granary/db';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import { loadCapture } from './load-capture.ts';
import { readPage } from './read-page.ts';
import { settingsOfRun } from './settings-of-run.ts';

interface Row {
  readonly source_id: string;
  readonly run_id: string;
  readonly tenant_id: string | null;
  readonly owner_id: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly capture_id: string;
}

/** Reads a page that was captured by somebody who did not come to read it. False where there is none. */
export async function readLeftBehind(context: CrawlContext): Promise<boolean> {
  const rows = await asSystem(context.database, 'crawl: readings', async (db) => {
    // by then whoever captured it would have read it
    const found = await sql<Row>`
      update crawl_requests r set next_attempt_at = now() + make_interval(secs => ${context.settings.leaseMs / 1000})
      from source_runs u join sources s on s.id = u.source_id
      where u.id = r.run_id and (r.source_id, r.key) = (
        select w.source_id, w.key from source_runs o join crawl_requests w on w.run_id = o.id
        where o.state = 'running' and w.state = 'captured' and w.next_attempt_at <= now()
        limit 1 for update of w skip locked)
      returning r.source_id, r.run_id, r.tenant_id, r.owner_id, r.capture_id, s.connector, ${settingsOfRun} as settings`.execute(
      db,
    );
    return found.rows;
  });
  const [row] = rows;
  const connector = row && context.connectors.of(row.connector);
  if (!row || !connector) return false;
  const captured = await loadCapture(context, row.owner_id, row.capture_id);
  if (!captured) return false;
  const { source_id: sourceId, run_id: runId, tenant_id: tenantId, owner_id: ownerId, settings } = row;
  await readPage(context, { sourceId, runId, tenantId, ownerId, connector, settings }, captured);
  return true;
}
