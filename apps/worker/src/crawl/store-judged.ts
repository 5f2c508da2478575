import { type SystemDb, together } from '@granary/db';
import {
  addHealth,
  alarmsOf,
  type FieldAlarm,
  type FieldHealth,
  healthOf,
  type PageReading,
} from '@granary/marketplaces';
import { type RawBuilder, sql } from 'kysely';
import type { Counts } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { judge } from './hold-back.ts';
import type { CapturedPage } from './read-page.ts';
import type { SourceOfRun } from './take-turn.ts';

/** By what a run's pages are judged. */
interface RunAccount {
  readonly alarms: FieldAlarm[];
  /** Of the last five runs that ended well. */
  readonly before: FieldHealth[];
  readonly is_of_saved: boolean;
}

/** What the last runs that ended well could read, and what the alarm is on for in this one. */
export const accountOfRun = (runId: string) => sql<RunAccount>`
  select u.alarms, u.trigger not in ('schedule', 'manual') as is_of_saved, array(
      -- of which somebody knows that it was lost is judged by what was read since
      select p.field_health - array(select a.field from source_alarms a
        where a.source_id = p.source_id and a.acknowledged_at > p.created_at)
      from source_runs p
      where p.owner_id = u.owner_id and p.source_id = u.source_id and p.id < u.id and p.state = 'succeeded'
        and p.trigger in ('schedule', 'manual', 'import') and p.alarms = '[]' and p.options ->> 'origin' is distinct from 'archive'
      order by p.id desc limit 5) as before
  from source_runs u where u.id = ${runId}::uuid`;

export interface Judged {
  readonly counts: Counts;
  /** Of its fields; null where they are no measure. */
  readonly health: { readonly before: FieldHealth; readonly read: FieldHealth } | null;
}

const mostClockSkew = 3_600_000;

/** Stores what is trusted of a page. */
export async function storeJudged(
  db: SystemDb,
  { storeReading }: Pick<CrawlContext, 'storeReading'>,
  { sourceId, tenantId, runId, connector }: SourceOfRun,
  { captureId, page, origin }: CapturedPage,
  plugins: PageReading['plugins'],
  known?: RunAccount,
): Promise<Judged> {
  if (plugins.length === 0) return { counts: {}, health: null };
  const run = known ?? (await accountOfRun(runId).execute(db)).rows[0];
  // a page of years ago is of the layout of then: what today's pages hold is no measure for it, nor it for them
  const isOld = origin === 'archive';
  const before = isOld ? {} : (run?.before ?? []).reduce(addHealth, {});
  const judged = judge(plugins, before, isOld ? [] : (run?.alarms ?? []));
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
  const counts = !isOld || run?.is_of_saved === true;
  return {
    counts: { plugins: plugins.length, plugins_changed: stored.changed, held_back: heldBack.length },
    health: counts ? { before, read: healthOf(plugins) } : null,
  };
}

/**
 * Keeps a run's account of the fields, and tells the log of alarms that this page raised; with `also`, what else is to be stated of the run.
 * Others who do the same wait, so it comes last in a transaction.
 */
export async function noteHealth(
  db: SystemDb,
  { log }: Pick<CrawlContext, 'log'>,
  { sourceId, runId }: Pick<SourceOfRun, 'sourceId' | 'runId'>,
  { health }: Judged,
  ...also: readonly RawBuilder<unknown>[]
): Promise<void> {
  if (!health) {
    await together(db, ...also);
    return;
  }
  const [[run]] = await together(
    db,
    sql<{ health: FieldHealth; alarms: FieldAlarm[] }>`
      select field_health as health, alarms from source_runs where id = ${runId}::uuid for no key update`,
  );
  const total = addHealth(run?.health ?? {}, health.read);
  const alarms = alarmsOf(health.before, total);
  const noted = sql`update source_runs set field_health = ${JSON.stringify(total)}::jsonb, alarms = ${JSON.stringify(alarms)}::jsonb
    where id = ${runId}::uuid`;
  await together(db, noted, ...also);
  const known = new Set((run?.alarms ?? []).map(({ field, kind }) => `${kind} ${field}`));
  for (const alarm of alarms.filter(({ field, kind }) => !known.has(`${kind} ${field}`)))
    log('a field that used to be read is not any more', { sourceId, runId, ...alarm });
}
