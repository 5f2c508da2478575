import { asSystem, onceAsSystem } from '@granary/db';
import { isAllowed, type Page, parseRobots } from '@granary/marketplaces';
import { sql } from 'kysely';
import { askHost, type Outcome } from './ask-host.ts';
import { backOff } from './back-off.ts';
import { countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { endTurn, passTurn, pauseOf } from './end-turn.ts';
import { keepAnswer } from './keep-answer.ts';
import { loadCapture } from './load-capture.ts';
import { noRoom } from './no-room.ts';
import { readPage } from './read-page.ts';
import { isRobotsDue, refreshRobots } from './robots-of-host.ts';
import type { Turn } from './take-turn.ts';

/** Performs a turn. One that is broken off because the worker stops is given back, as if it had not been taken. */
export async function performTurn(context: CrawlContext, turn: Turn, signal: AbortSignal): Promise<void> {
  try {
    await perform(context, turn, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    await onceAsSystem(context.database, 'crawl: turns', { durable: true }, passTurn(turn), putBack(turn));
  }
}

/** What a turn was taken for: robots.txt where that is due; else the request, unless robots.txt asks not to make it. */
async function perform(context: CrawlContext, turn: Turn, signal: AbortSignal): Promise<void> {
  await context.onStep?.('turn');
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  if (isRobotsDue(turn)) {
    const failure = await refreshRobots(context, turn, signal);
    if (failure && !failure.isFinal) return failTurn(context, turn, { ...failure, waitMs: null }, elapsedMs());
    await asSystem(context.database, 'crawl: turns', async (db) => {
      await endTurn(turn, {
        pauseMs: pauseOf(context, turn, null),
        elapsedMs: elapsedMs(),
        failed: failure !== undefined,
      }).execute(db);
      if (!failure) await putBack(turn).execute(db);
    });
    if (failure) await giveUp(context, turn, 'failed', failure.reason);
    return;
  }
  const rules = parseRobots(Buffer.from(turn.robots?.text ?? ''), context.settings.productToken);
  if (!isAllowed(rules, turn.hops.at(-1) ?? turn.request.url)) {
    await onceAsSystem(context.database, 'crawl: turns', { durable: true }, passTurn(turn));
    return giveUp(context, turn, 'skipped', 'robots.txt asks not to');
  }
  const outcome = await askHost(context, turn, signal);
  await context.onStep?.('answered');
  if (outcome.kind === 'later') return failTurn(context, turn, outcome, elapsedMs());
  await onceAsSystem(
    context.database,
    'crawl: turns',
    { durable: false }, // after a crash its host has to wait until the lease is over
    endTurn(turn, { pauseMs: pauseOf(context, turn, rules.crawlDelay), elapsedMs: elapsedMs(), failed: false }),
  );
  context.onHostFree?.();
  await conclude(context, turn, outcome);
}

async function conclude(
  context: CrawlContext,
  turn: Turn,
  outcome: Exclude<Outcome, { kind: 'later' }>,
): Promise<void> {
  if (outcome.kind === 'refused') return giveUp(context, turn, 'failed', outcome.reason);
  if (outcome.kind === 'moved') return follow(context, turn, outcome.to);
  const captureId = await keepAnswer(context, turn, outcome).catch((error: unknown) => {
    const reason = noRoom(error);
    if (reason === undefined) throw error;
    return { reason };
  });
  if (captureId === undefined) return;
  if (typeof captureId === 'object') return endForWantOfRoom(context, turn, captureId.reason);
  await context.onStep?.('captured');
  if (outcome.kind === 'answer') {
    const { status, headers, url, body } = outcome.response;
    const page: Page = {
      request: turn.request,
      url: url.href,
      status,
      headers: Object.fromEntries(headers),
      body,
      fetchedAt: turn.request.archivedAt === undefined ? outcome.fetchedAt : new Date(turn.request.archivedAt),
    };
    const origin = turn.request.archivedAt === undefined ? 'live' : 'archive';
    await readPage(context, turn, { captureId, key: turn.request.key, page, origin });
  } else {
    const captured = await loadCapture(context, turn.ownerId, captureId);
    if (captured) await readPage(context, turn, captured);
  }
  await context.onStep?.('read');
}

/** What cannot be kept is not asked for either, page after page. */
function endForWantOfRoom({ database }: CrawlContext, { runId }: Turn, reason: string): Promise<void> {
  return asSystem(database, 'crawl: runs', async (db) => {
    await sql`update source_runs set state = 'failed', ended_at = now(), error = ${reason}
      where id = ${runId}::uuid and state = 'running'`.execute(db);
  });
}

/** The request was not made: it is as if it had not been taken. */
const putBack = (turn: Turn) =>
  sql`update crawl_requests set turn = null, attempts = attempts - 1, next_attempt_at = now()
    where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key} and turn = ${turn.token}::uuid and state = 'queued'`;

/** The next hop waits for a turn at its own host. */
function follow({ database }: CrawlContext, turn: Turn, to: string): Promise<void> {
  return asSystem(database, 'crawl: turns', async (db) => {
    const { origin } = new URL(to);
    await sql`insert into jobs.crawl_hosts (origin) values (${origin}) on conflict do nothing`.execute(db);
    await sql`update crawl_requests set hops = hops || ${to}::text, host = ${origin}, attempts = 0, turn = null, next_attempt_at = now()
      where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key} and turn = ${turn.token}::uuid`.execute(
      db,
    );
  });
}

/** To be tried again, by the host's word or after a while that grows; or given up, when it was tried often enough. */
async function failTurn(
  context: CrawlContext,
  turn: Turn,
  { reason, waitMs }: { readonly reason: string; readonly waitMs: number | null },
  elapsedMs: number,
): Promise<void> {
  const { database, settings } = context;
  const own = backOff(turn.attempts, settings.backOffMs);
  await asSystem(database, 'crawl: turns', async (db) => {
    const { rows } = await sql<{
      failures: number;
    }>`select failures from jobs.crawl_hosts where origin = ${turn.origin}`.execute(db);
    // of one request that fails the host is not guilty; of several in a row it may be
    const patience = waitMs ?? backOff(rows[0]?.failures ?? 0, 1000 / turn.rate);
    await endTurn(turn, {
      pauseMs: Math.max(patience, pauseOf(context, turn, null)),
      elapsedMs,
      failed: true,
    }).execute(db);
    await sql`update crawl_requests set turn = null, error = ${reason},
        next_attempt_at = now() + make_interval(secs => ${Math.max(own, waitMs ?? 0) / 1000})
      where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key} and turn = ${turn.token}::uuid
        and attempts < ${settings.attempts}`.execute(db);
  });
  if (turn.attempts >= settings.attempts) await giveUp(context, turn, 'failed', reason);
}

async function giveUp(
  { database }: CrawlContext,
  turn: Turn,
  state: 'failed' | 'skipped',
  reason: string,
): Promise<void> {
  await asSystem(database, 'crawl: turns', async (db) => {
    const { numAffectedRows } = await sql`update crawl_requests set state = ${state}, error = ${reason}, turn = null
      where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key} and turn = ${turn.token}::uuid`.execute(
      db,
    );
    if (numAffectedRows) await countInRun(turn.runId, { [state]: 1 }).execute(db);
  });
}
