import { asSystem, type SystemDb } from '@granary/db';
import {
  addHealth,
  alarmsOf,
  type FieldAlarm,
  type FieldHealth,
  healthOf,
  type Page,
  type PageReading,
  readableStatuses,
  UnreadablePage,
} from '@granary/marketplaces';
import { sql } from 'kysely';
import { againAfterDeadlock } from './again-after-deadlock.ts';
import { countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { enqueueRequests } from './enqueue-requests.ts';
import { judge } from './hold-back.ts';
import { holdRun } from './hold-run.ts';
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
  await againAfterDeadlock(() =>
    asSystem(context.database, 'crawl: readings', async (db) => {
      const { rows } = await sql`
        select from crawl_requests where source_id = ${source.sourceId}::uuid and key = ${captured.key}
          and state = 'captured' and capture_id = ${captured.captureId}::uuid for update`.execute(db);
      if (rows.length === 0 || !(await holdRun(db, source.runId))) return;
      if (typeof reading === 'string') {
        await endRequest(db, source, captured.key, { state: 'failed', error: reading });
        await countInRun(db, source.runId, { failed: 1 });
        return;
      }
      const discovered = await enqueueRequests(db, context, source, reading.requests);
      const isGone =
        reading.plugins.length > 0 && reading.plugins.every(({ facts }) => facts.availability.state !== 'available');
      await endRequest(db, source, captured.key, { state: 'done', isGone });
      const counts = await storeJudged(db, context, source, captured, reading.plugins);
      await countInRun(db, source.runId, { discovered, ...counts });
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

async function endRequest(
  db: SystemDb,
  { sourceId }: SourceOfRun,
  key: string,
  { state, error = null, isGone = false }: { state: 'done' | 'failed'; error?: string | null; isGone?: boolean },
): Promise<void> {
  await sql`update crawl_requests set state = ${state}, error = ${error}, is_gone = ${isGone}, turn = null
    where source_id = ${sourceId}::uuid and key = ${key}`.execute(db);
}

const mostClockSkew = 3_600_000;

/** Stores what is trusted, and keeps the account of the fields by which that is judged. */
export async function storeJudged(
  db: SystemDb,
  { storeReading, log }: Pick<CrawlContext, 'storeReading' | 'log'>,
  { sourceId, tenantId, runId, connector }: SourceOfRun,
  { captureId, page, origin }: CapturedPage,
  plugins: PageReading['plugins'],
) {
  if (plugins.length === 0) return {};
  const run = await healthOfRun(db, runId);
  // a page of years ago is of the layout of then: what today's pages hold is no measure for it, nor it for them
  const isOld = origin === 'archive';
  const { before, alarms } = isOld ? { before: {}, alarms: [] } : run;
  const judged = judge(plugins, before, alarms);
  // what is said to be of the future would be the newest that is known until then
  const isToCome = page.fetchedAt.getTime() > Date.now() + mostClockSkew;
  const { trusted, heldBack } = isToCome ? { trusted: [], heldBack: plugins } : judged;
  const stored = await storeReading(db, {
    sourceId,
    tenantId,
    marketplace: connector.name,
    captureId,
    capturedAt: page.fetchedAt,
    origin,
    parser: { name: connector.name, version: connector.parserVersion },
    plugins: trusted,
  });
  const counts = !isOld || run.isOfSaved;
  const raised = counts ? await addToHealth(db, runId, before, healthOf(plugins)) : [];
  for (const alarm of raised) log('a field that used to be read is not any more', { sourceId, runId, ...alarm });
  return { plugins: plugins.length, plugins_changed: stored.changed, held_back: heldBack.length };
}

/** What the last five runs that ended well could read, and what the alarm is on for in this one. */
async function healthOfRun(
  db: SystemDb,
  runId: string,
): Promise<{ before: FieldHealth; alarms: FieldAlarm[]; isOfSaved: boolean }> {
  const { rows } = await sql<{ alarms: FieldAlarm[]; before: FieldHealth[]; is_of_saved: boolean }>`
    select u.alarms, u.trigger not in ('schedule', 'manual') as is_of_saved, array(
        -- of which somebody knows that it was lost is judged by what was read since
        select p.field_health - array(select a.field from source_alarms a
          where a.source_id = p.source_id and a.acknowledged_at > p.created_at)
        from source_runs p
        where p.owner_id = u.owner_id and p.source_id = u.source_id and p.id < u.id and p.state = 'succeeded'
          and p.trigger in ('schedule', 'manual', 'import') and p.alarms = '[]' and p.options ->> 'origin' is distinct from 'archive'
        order by p.id desc limit 5) as before
    from source_runs u where u.id = ${runId}::uuid`.execute(db);
  const [run] = rows;
  const before = (run?.before ?? []).reduce(addHealth, {});
  return { before, alarms: run?.alarms ?? [], isOfSaved: run?.is_of_saved ?? false };
}

/** Returns the alarms that this raised. Others who do the same wait, so it comes late in a transaction. */
async function addToHealth(db: SystemDb, runId: string, before: FieldHealth, read: FieldHealth): Promise<FieldAlarm[]> {
  const { rows } = await sql<{ health: FieldHealth; alarms: FieldAlarm[] }>`
    select field_health as health, alarms from source_runs where id = ${runId}::uuid for no key update`.execute(db);
  const health = addHealth(rows[0]?.health ?? {}, read);
  const alarms = alarmsOf(before, health);
  const known = new Set((rows[0]?.alarms ?? []).map(({ field, kind }) => `${kind} ${field}`));
  await sql`update source_runs set field_health = ${JSON.stringify(health)}::jsonb, alarms = ${JSON.stringify(alarms)}::jsonb
    where id = ${runId}::uuid`.execute(db);
  return alarms.filter(({ field, kind }) => !known.has(`${kind} ${field}`));
}
