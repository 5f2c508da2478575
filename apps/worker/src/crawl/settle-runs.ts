import { asSystem, type SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';

/**
 * Ends crawls that have nothing left to ask. Before that, once, they ask for the items that they knew before and did not
 * discover this time: whether they are gone is for their own pages to say.
 */
export async function settleRuns({ database, log }: CrawlContext): Promise<void> {
  const open = await asSystem(database, 'crawl: runs', async (db) => {
    const { rows } = await sql<{ id: string }>`
      select u.id from source_runs u where u.state = 'running' and u.trigger in ('schedule', 'manual', 'backfill')
        and not exists (select from crawl_requests r where r.run_id = u.id and r.state in ('queued', 'captured'))`.execute(
      db,
    );
    return rows;
  });
  for (const { id } of open) {
    const state = await asSystem(database, 'crawl: runs', (db) => settle(db, id));
    if (state) log('a crawl has ended', { runId: id, state });
  }
}

async function settle(db: SystemDb, runId: string): Promise<string | undefined> {
  const { rows } = await sql<{ revisited: boolean; source_id: string; trigger: string }>`
    select revisited, source_id, trigger from source_runs where id = ${runId}::uuid and state = 'running' for no key update skip locked`.execute(
    db,
  );
  const [run] = rows;
  if (!run) return undefined;
  const { rows: left } = await sql`
    select from crawl_requests where run_id = ${runId}::uuid and state in ('queued', 'captured') limit 1`.execute(db);
  if (left.length > 0) return undefined;
  if (!run.revisited && run.trigger !== 'backfill') {
    const { rows: known } = await sql<{ known: number }>`
      with again as (
        update crawl_requests set run_id = ${runId}::uuid, state = 'queued', attempts = 0, next_attempt_at = now(), turn = null,
            hops = '{}', error = null, host = substring(request ->> 'url' from '^[a-z]+://[^/?#]+')
          where source_id = ${run.source_id}::uuid and kind = 'item' and run_id <> ${runId}::uuid and not is_gone
            and not request ? 'archivedAt' -- what was captured then stays as it was
          returning 1)
      select count(*)::int as known from again`.execute(db);
    await sql`update source_runs set revisited = true, discovered = discovered + ${known[0]?.known ?? 0} where id = ${runId}::uuid`.execute(
      db,
    );
    if ((known[0]?.known ?? 0) > 0) return undefined;
  }
  const { rows: ended } = await sql<{ state: string }>`
    update source_runs u set ended_at = now(),
      state = case when u.fetched + u.unchanged > 0 and not ${indexFailed(runId)} then 'succeeded' else 'failed' end,
      error = case when u.fetched + u.unchanged > 0 and not ${indexFailed(runId)} then null else coalesce((
        select r.error from crawl_requests r where r.run_id = u.id and r.state in ('failed', 'skipped')
        order by r.kind = 'item', r.key limit 1), 'nothing was fetched') end
    where u.id = ${runId}::uuid returning state`.execute(db);
  return ended[0]?.state;
}

/** A list that could not be read: what stands in it may be missing. */
const indexFailed = (runId: string) => sql`exists (
  select from crawl_requests r where r.run_id = ${runId}::uuid and r.kind = 'index' and r.state in ('failed', 'skipped'))`;
