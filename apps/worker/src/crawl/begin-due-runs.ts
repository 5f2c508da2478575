import { asSystem } from '@granary/db';
import { DomainError, nextRun } from '@granary/domain';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';

/**
 * Asks for the runs of sources that are due, whichever worker comes first. Times that passed while nobody was there are one
 * run. Returns how many.
 */
export function beginDueRuns({ database, log }: Pick<CrawlContext, 'database' | 'log'>): Promise<number> {
  return asSystem(database, 'crawl: runs', async (db) => {
    const { rows } = await sql<{ source_id: string; cron: string | null; time_zone: string }>`
      select * from app.due_sources()`.execute(db);
    let begun = 0;
    for (const { source_id: sourceId, cron, time_zone: timeZone } of rows) {
      const next = nextOf(cron, timeZone);
      if (next === undefined) log('a source has a schedule that is none any more', { sourceId, cron, timeZone });
      const result = await sql<{ is_begun: boolean }>`
        select app.begin_scheduled_run(${sourceId}::uuid, ${next ?? null}::timestamptz) as is_begun`.execute(db);
      if (result.rows[0]?.is_begun) begun += 1;
    }
    return begun;
  });
}

function nextOf(cron: string | null, timeZone: string): Date | null | undefined {
  if (cron === null) return null;
  try {
    return nextRun(cron, timeZone, new Date());
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
