import { asSystem, together } from '@granary/db';
import { type Page, type PageReading, readableStatuses, UnreadablePage } from '@granary/marketplaces';
import { sql } from 'kysely';
import { againAfterDeadlock } from './again-after-deadlock.ts';
import { type Counts, countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { enqueueRequests } from './enqueue-requests.ts';
import { holdRun } from './hold-run.ts';
import { accountOfRun, noteHealth, storeJudged } from './store-judged.ts';
import type { SourceOfRun } from './take-turn.ts';

export interface CapturedPage {
  readonly captureId: string;
  readonly key: string;
  readonly page: Page;
  readonly origin: 'live' | 'import' | 'archive';
}

/**
 * Reads a captured page: what it says is stored, what it leads to is asked for, and the request is done, all of it at once or
 * not at all. A page that cannot be read stays a capture. Nothing where somebody else has read it, or the run has ended.
 */
export async function readPage(context: CrawlContext, source: SourceOfRun, captured: CapturedPage): Promise<void> {
  const reading = parse(context, source, captured.page);
  const { runId } = source;
  await againAfterDeadlock(() =>
    asSystem(context.database, 'crawl: readings', async (db) => {
      const [[request], runs, [account]] = await together(
        db,
        sql<{
          uncounted: Counts | null;
        }>`select uncounted from crawl_requests where source_id = ${source.sourceId}::uuid and key = ${captured.key}
          and state = 'captured' and capture_id = ${captured.captureId}::uuid for update`,
        holdRun(runId),
        accountOfRun(runId),
      );
      if (!request || runs.length === 0 || !account) return;
      const { uncounted } = request;
      if (typeof reading === 'string') {
        const failed = endRequest(source, captured.key, { state: 'failed', error: reading });
        await together(db, failed, countInRun(runId, { ...uncounted, failed: 1 }));
        return;
      }
      const discovered = await enqueueRequests(db, context, source, reading.requests);
      const isGone =
        reading.plugins.length > 0 && reading.plugins.every(({ facts }) => facts.availability.state !== 'available');
      const judged = await storeJudged(db, context, source, captured, reading.plugins, account);
      const done = endRequest(source, captured.key, { state: 'done', isGone });
      await noteHealth(
        db,
        context,
        source,
        judged,
        done,
        countInRun(runId, { ...uncounted, discovered, ...judged.counts }),
      );
    }),
  );
}

/** What the page holds, or why it cannot be said. */
function parse({ log }: CrawlContext, { connector, sourceId }: SourceOfRun, page: Page): PageReading | string {
  if (!readableStatuses.includes(page.status)) return `status ${page.status}`;
  try {
    return connector.read(page);
  } catch (error) {
    if (error instanceof UnreadablePage) return error.message;
    // a defect of the parser: the page is kept, and can be read again once that is mended
    log('a page broke its parser', { error, sourceId, url: page.url, connector: connector.name });
    return `the parser failed: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}

const endRequest = (
  { sourceId }: SourceOfRun,
  key: string,
  { state, error = null, isGone = false }: { state: 'done' | 'failed'; error?: string | null; isGone?: boolean },
) =>
  sql`update crawl_requests set state = ${state}, error = ${error}, is_gone = ${isGone}, turn = null, uncounted = null
    where source_id = ${sourceId}::uuid and key = ${key}`;
