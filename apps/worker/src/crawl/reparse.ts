import { asSystem, type SystemDb } from '@granary/db';
import { type ReadPlugin, readableStatuses, UnreadablePage } from '@granary/marketplaces';
import { sql } from 'kysely';
import { againAfterDeadlock } from './again-after-deadlock.ts';
import { type Counts, countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { changedFields, type FieldChange, factsOf } from './facts-diff.ts';
import { loadCapture } from './load-capture.ts';
import type { CapturedPage } from './read-page.ts';
import { endRun, type LeasedRun, pageDone } from './run-lease.ts';
import { noteHealth, storeJudged } from './store-judged.ts';

const atOnce = 200;
/** Pages that are noted with what is otherwise; of all of them it is counted. */
const mostChanges = 50;

/**
 * Reads every capture of a source again, in the order in which they came, with the parser of today. The same facts from the
 * same captures; what is otherwise is counted by field, and noted by page. A dry run takes back what each page changed.
 */
export async function reparse(context: CrawlContext, run: LeasedRun, signal: AbortSignal): Promise<void> {
  const isDry =
    typeof run.options === 'object' && run.options !== null && 'dryRun' in run.options && run.options.dryRun === true;
  let { position } = run;
  let after = await cursorOf(context, run);
  for (;;) {
    const ids = await capturesAfter(context, run, after);
    if (ids.length === 0) return endRun(context, run, 'succeeded', null);
    for (const id of ids) {
      signal.throwIfAborted();
      position += 1;
      const captured = await loadCapture(context, run.ownerId, id);
      const plugins = captured ? parse(run, captured) : [];
      await againAfterDeadlock(() => reparsePage(context, run, { captured, plugins, isDry, cursor: id, position }));
      await context.onStep?.('worked');
      after = id;
    }
  }
}

interface Work {
  readonly captured: CapturedPage | undefined;
  readonly plugins: readonly ReadPlugin[] | string;
  readonly isDry: boolean;
  readonly cursor: string;
  readonly position: number;
}

async function reparsePage(context: CrawlContext, run: LeasedRun, work: Work): Promise<void> {
  const { captured, plugins } = work;
  if (!captured || typeof plugins === 'string') {
    await asSystem(context.database, 'crawl: readings', (db) =>
      note(db, context, run, work, { failed: captured ? 1 : 0, fetched: captured ? 1 : 0 }, []),
    );
    return;
  }
  const store = async (db: SystemDb) => {
    const before = await factsOf(db, run, captured, plugins);
    const judged = await storeJudged(db, context, run, captured, plugins);
    await noteHealth(db, context, run, judged);
    return { counts: judged.counts, changes: changedFields(before, await factsOf(db, run, captured, plugins)) };
  };
  if (!work.isDry) {
    await asSystem(context.database, 'crawl: readings', async (db) => {
      const { counts, changes } = await store(db);
      await note(db, context, run, work, { ...counts, fetched: 1 }, changes);
    });
    return;
  }
  const { counts, changes } = await takenBack(context, store);
  await asSystem(context.database, 'crawl: readings', (db) =>
    note(db, context, run, work, { ...counts, fetched: 1 }, changes),
  );
}

/** What it would have done. */
async function takenBack<T>({ database }: CrawlContext, work: (db: SystemDb) => Promise<T>): Promise<T> {
  const outcome: { value?: T } = {};
  const takeBack = new Error('only tried');
  await asSystem(database, 'crawl: readings', async (db) => {
    outcome.value = await work(db);
    throw takeBack;
  }).catch((error: unknown) => {
    if (error !== takeBack) throw error;
  });
  if (outcome.value === undefined) throw new Error('it was not tried');
  return outcome.value;
}

async function note(
  db: SystemDb,
  context: CrawlContext,
  run: LeasedRun,
  { captured, cursor, position }: Work,
  counts: Counts,
  changes: readonly FieldChange[],
): Promise<void> {
  await countInRun(run.runId, { discovered: 1, ...counts }).execute(db);
  const page =
    captured && changes.length > 0 ? [{ url: captured.page.url, capturedAt: captured.page.fetchedAt, changes }] : [];
  const fields = changes.map(({ field }) => field);
  await sql`update source_runs set options = options || jsonb_build_object('after', ${cursor}::text,
      'changedFields', (select coalesce(jsonb_object_agg(field, times), '{}') from (
        select field, sum(n) as times from (
          select key, value::bigint from jsonb_each_text(coalesce(options -> 'changedFields', '{}'))
          union all select unnest(${fields}::text[]), 1) counted (field, n) group by field) total),
      'changes', case when jsonb_array_length(coalesce(options -> 'changes', '[]')) < ${mostChanges}
        then coalesce(options -> 'changes', '[]') || ${JSON.stringify(page)}::jsonb else options -> 'changes' end)
    where id = ${run.runId}::uuid`.execute(db);
  await pageDone(db, context, run, position);
  await context.onStep?.('noted');
}

function parse({ connector }: LeasedRun, { page }: CapturedPage): readonly ReadPlugin[] | string {
  if (!readableStatuses.includes(page.status)) return [];
  try {
    return connector.read(page).plugins;
  } catch (error) {
    return error instanceof UnreadablePage ? error.message : 'the parser failed';
  }
}

async function cursorOf({ database }: CrawlContext, { runId }: LeasedRun): Promise<string | null> {
  return asSystem(database, 'crawl: runs', async (db) => {
    const { rows } = await sql<{ after: string | null }>`
      select options ->> 'after' as after from source_runs where id = ${runId}::uuid`.execute(db);
    return rows[0]?.after ?? null;
  });
}

/** Those that were there when it was asked for: what is captured since was read by today's parser. */
function capturesAfter({ database }: CrawlContext, run: LeasedRun, after: string | null): Promise<string[]> {
  return asSystem(database, 'crawl: captures', async (db) => {
    const { rows } = await sql<{ id: string }>`
      select id from captures where source_id = ${run.sourceId}::uuid and id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
        and id < ${run.runId}::uuid
      order by id limit ${atOnce}`.execute(db);
    return rows.map(({ id }) => id);
  });
}
