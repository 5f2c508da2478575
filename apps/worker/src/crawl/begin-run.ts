import { asSystem } from '@granary/db';
import { ConnectorSettingsError } from '@granary/marketplaces';
import { sql } from 'kysely';
import { archiveRequests } from './archive-requests.ts';
import { countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { enqueueRequests } from './enqueue-requests.ts';
import { settingsOfRun } from './settings-of-run.ts';

interface Row {
  readonly run_id: string;
  readonly source_id: string;
  readonly tenant_id: string | null;
  readonly owner_id: string;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly trigger: 'schedule' | 'manual' | 'backfill';
}

/** Begins a crawl that is queued, with what its connector asks first. False where none is. */
export function beginRun(context: CrawlContext): Promise<boolean> {
  return asSystem(context.database, 'crawl: runs', async (db) => {
    const { rows } = await sql<Row>`
      select u.id as run_id, u.source_id, u.tenant_id, u.owner_id, s.connector, u.trigger, ${settingsOfRun} as settings
      from source_runs u join sources s on s.id = u.source_id
      where u.state = 'queued' and u.trigger in ('schedule', 'manual', 'backfill') and not s.is_paused
        and s.connector = any (${context.connectors.all.map(({ name }) => name)}::text[])
      order by u.id limit 1 for update of u skip locked`.execute(db);
    const [row] = rows;
    const connector = row && context.connectors.of(row.connector);
    if (!row || !connector) return false;
    const source = {
      connector,
      runId: row.run_id,
      sourceId: row.source_id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
    };
    try {
      const first =
        row.trigger === 'backfill' ? await archiveRequests(db, source, row.settings) : connector.start(row.settings);
      const discovered = await enqueueRequests(db, context, { ...source, settings: row.settings }, first);
      if (discovered === 0) throw new ConnectorSettingsError('the source has nothing to ask');
      await sql`update source_runs set state = 'running', started_at = now() where id = ${row.run_id}::uuid`.execute(
        db,
      );
      await countInRun(row.run_id, { discovered }).execute(db);
    } catch (error) {
      if (!(error instanceof ConnectorSettingsError)) throw error;
      await sql`update source_runs set state = 'failed', started_at = now(), ended_at = now(), error = ${error.message}
        where id = ${row.run_id}::uuid`.execute(db);
    }
    return true;
  });
}
