import { asSystem } from '@granary/db';
import { DomainError, importOptions } from '@granary/domain';
import { type Page, type PageReading, UnreadablePage } from '@granary/marketplaces';
import { sql } from 'kysely';
import { ReadError } from '../reading/read-error.ts';
import { againAfterDeadlock } from './again-after-deadlock.ts';
import { type StoredBody, storeBody } from './body-store.ts';
import { countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { noRoom } from './no-room.ts';
import { type PageFile, pageFiles } from './page-files.ts';
import { endRun, type LeasedRun, pageDone } from './run-lease.ts';
import { describeSavedPage } from './saved-page.ts';
import { noteHealth, storeJudged } from './store-judged.ts';

/**
 * Reads saved pages into a source, as if they had been captured then: each is a capture and what it says is stored, in one
 * transaction with the run's position. What a page leads to is not asked for.
 */
export async function importPages(context: CrawlContext, run: LeasedRun, signal: AbortSignal): Promise<void> {
  if (!run.input) return endRun(context, run, 'failed', 'the file is gone');
  const failures: string[] = [];
  const object = await context.store.asFile({ tenantId: run.ownerId, sha256: run.input.sha256 });
  try {
    let position = 0;
    for await (const file of pageFiles({ path: object.path, name: run.input.name }, context.settings.maxBytes)) {
      signal.throwIfAborted();
      position += 1;
      if (position === 1 && run.position === 0) await noteTotal(context, run, file.total);
      if (position <= run.position) continue;
      const failure = await importPage(context, run, file, position);
      if (failure !== undefined) failures.push(`${file.name}: ${failure}`);
    }
  } catch (error) {
    const reason = error instanceof ReadError ? error.message : noRoom(error);
    if (reason === undefined) throw error;
    failures.push(reason);
  } finally {
    await object.release();
  }
  await end(context, run, failures);
}

/** Of the pages before a worker was killed only the run's counts tell. */
async function end(context: CrawlContext, run: LeasedRun, failures: readonly string[]): Promise<void> {
  const counts = await asSystem(context.database, 'crawl: runs', async (db) => {
    const { rows } = await sql<{ read: string; failed: string }>`
      select plugins as read, failed from source_runs where id = ${run.runId}::uuid`.execute(db);
    return { read: Number(rows[0]?.read ?? 0), failed: Number(rows[0]?.failed ?? 0) };
  });
  const [first] = failures;
  const failed = Math.max(counts.failed, failures.length);
  const which = first === undefined ? '' : `; the first: ${first.slice(0, 500)}`;
  const told = failed > 0 ? `${failed} could not be read${which}` : null;
  const isRead = counts.read > 0;
  await endRun(context, run, isRead ? 'succeeded' : 'failed', told ?? (isRead ? null : 'no pages'));
}

/** Undefined, or why the page could not be read; it is a capture all the same. */
async function importPage(
  context: CrawlContext,
  run: LeasedRun,
  file: PageFile,
  position: number,
): Promise<string | undefined> {
  const options = importOptions.parse(run.options);
  const body = await file.read();
  const saved = describeSavedPage(file.name, body);
  const capturedAt = file.listed?.capturedAt ?? options.capturedAt;
  const fetchedAt = capturedAt === undefined ? (saved.savedAt ?? new Date()) : new Date(capturedAt);
  const stored = await storeBody(context, run.ownerId, body);
  const url = file.listed?.url ?? options.url ?? saved.url ?? unknownAddress(run, stored);
  const page: Page = {
    request: {
      key: url,
      kind: 'item',
      method: 'GET',
      url,
      ...(file.listed?.externalId !== undefined && { externalId: file.listed.externalId }),
    },
    url,
    status: file.listed?.status ?? 200,
    headers: {},
    body,
    fetchedAt,
  };
  const reading = parse(run, page);
  await againAfterDeadlock(() =>
    asSystem(context.database, 'crawl: readings', async (db) => {
      await sql`select app.hold_object(${run.ownerId}::uuid, ${stored.sha256}, ${stored.claim}::uuid)`.execute(db);
      const { rows } = await sql<{ id: string }>`
        insert into captures (tenant_id, source_id, run_id, request_key, request, final_url, status, fetched_at, origin,
            body_sha256, body_bytes, object_sha256, object_bytes, encoding)
          values (${run.tenantId}::uuid, ${run.sourceId}::uuid, ${run.runId}::uuid, ${url}, ${JSON.stringify(page.request)}::jsonb,
            ${url}, ${page.status}, ${fetchedAt}, ${options.origin}, ${stored.bodySha256}, ${stored.bodyBytes}, ${stored.sha256},
            ${stored.bytes}, ${stored.encoding})
          returning id`.execute(db);
      const captured = { captureId: rows[0]?.id ?? '', key: url, page, origin: options.origin };
      const judged =
        typeof reading === 'string' ? null : await storeJudged(db, context, run, captured, reading.plugins);
      if (judged) await noteHealth(db, context, run, judged);
      const counts = { fetched: 1, changed: 1, bytes: stored.bodyBytes, ...(judged?.counts ?? { failed: 1 }) };
      await countInRun(run.runId, counts).execute(db);
      await pageDone(db, context, run, position);
      await context.onStep?.('noted');
    }),
  );
  await context.onStep?.('worked');
  return typeof reading === 'string' ? reading : undefined;
}

function parse({ connector }: LeasedRun, page: Page): PageReading | string {
  try {
    const reading = connector.read(page);
    return reading.plugins.length > 0 ? reading : 'it says nothing of a plugin';
  } catch (error) {
    if (error instanceof UnreadablePage || error instanceof DomainError) return error.message;
    return `the parser failed: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}

/** Of the marketplace, and of nothing that is there: the page itself has to say what it is about. */
function unknownAddress({ connector, settings }: LeasedRun, { bodySha256 }: StoredBody): string {
  return `https://${connector.hosts(settings)[0] ?? 'imported.invalid'}/?imported=${bodySha256.slice(0, 32)}`;
}

const noteTotal = ({ database }: CrawlContext, { runId }: LeasedRun, total: number) =>
  asSystem(database, 'crawl: runs', async (db) => {
    await sql`update source_runs set discovered = ${total} where id = ${runId}::uuid`.execute(db);
  });
