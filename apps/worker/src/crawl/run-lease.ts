import { randomUUID } from 'node:crypto';
import { asSystem, type SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import type { SourceOfRun } from './take-turn.ts';

/** An import or a reparse, which one worker does, page by page. */
export interface LeasedRun extends SourceOfRun {
  readonly token: string;
  readonly trigger: 'import' | 'reparse';
  readonly options: unknown;
  readonly input: { readonly sha256: string; readonly name: string } | null;
  /** Pages before this one are done. */
  readonly position: number;
  /** How often it was taken since a page of it was done. */
  readonly attempts: number;
}

interface Row {
  readonly id: string;
  readonly source_id: string;
  readonly tenant_id: string | null;
  readonly owner_id: string;
  readonly trigger: 'import' | 'reparse';
  readonly options: unknown;
  readonly input_sha256: string | null;
  readonly input_name: string | null;
  readonly position: string;
  readonly attempts: number;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The next one that nobody works on; also one whose worker was killed, once its lease is over. */
export function takeRun({ database, connectors, settings }: CrawlContext): Promise<LeasedRun | undefined> {
  const token = randomUUID();
  return asSystem(database, 'crawl: runs', async (db) => {
    const { rows } = await sql<Row>`
      update source_runs u set state = 'running', started_at = coalesce(u.started_at, now()), attempts = u.attempts + 1,
        leased_by = ${token}::uuid, leased_until = now() + make_interval(secs => ${settings.leaseMs / 1000})
      from sources s where s.id = u.source_id and u.id = (
        select w.id from source_runs w join sources o on o.id = w.source_id
        where w.trigger in ('import', 'reparse') and o.connector = any (${connectors.all.map(({ name }) => name)}::text[])
          and (w.state = 'queued' or (w.state = 'running' and w.leased_until < now()))
        order by w.id limit 1 for update of w skip locked)
      returning u.id, u.source_id, u.tenant_id, u.owner_id, u.trigger, u.options, u.input_sha256, u.input_name, u.position, u.attempts,
        s.connector, s.settings`.execute(db);
    const [row] = rows;
    const connector = row && connectors.of(row.connector);
    if (!row || !connector) return undefined;
    return {
      token,
      runId: row.id,
      sourceId: row.source_id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
      connector,
      settings: row.settings,
      trigger: row.trigger,
      options: row.options,
      input: row.input_sha256 === null ? null : { sha256: row.input_sha256, name: row.input_name ?? '' },
      position: Number(row.position),
      attempts: row.attempts,
    };
  });
}

/** The run was cancelled, or is another worker's by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** In a transaction that does a page: notes that it is done, and keeps the lease. Throws LeaseLost. */
export async function pageDone(
  db: SystemDb,
  { settings }: Pick<CrawlContext, 'settings'>,
  { runId, token }: LeasedRun,
  position: number,
): Promise<void> {
  const { numAffectedRows } = await sql`
    update source_runs set position = ${position}, attempts = 0, leased_until = now() + make_interval(secs => ${settings.leaseMs / 1000})
    where id = ${runId}::uuid and leased_by = ${token}::uuid and state = 'running'`.execute(db);
  if (numAffectedRows !== 1n) throw new LeaseLost('the run was cancelled, or is another worker’s');
}

/** Ends it, unless it has ended or is another worker's by now. */
export function endRun(
  { database }: Pick<CrawlContext, 'database'>,
  { runId, token }: LeasedRun,
  state: 'succeeded' | 'failed',
  error: string | null,
): Promise<void> {
  return asSystem(database, 'crawl: runs', async (db) => {
    await sql`update source_runs set state = ${state}, ended_at = now(), error = ${error}, input_sha256 = null,
        leased_by = null, leased_until = null
      where id = ${runId}::uuid and leased_by = ${token}::uuid and state = 'running'`.execute(db);
  });
}

/** Leaves it to the next worker, because this one stops. */
export function releaseRun({ database }: Pick<CrawlContext, 'database'>, { runId, token }: LeasedRun): Promise<void> {
  return asSystem(database, 'crawl: runs', async (db) => {
    await sql`update source_runs set leased_until = now() where id = ${runId}::uuid and leased_by = ${token}::uuid
      and state = 'running'`.execute(db);
  });
}
