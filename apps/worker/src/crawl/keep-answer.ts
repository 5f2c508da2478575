import { asSystem, type SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { Outcome } from './ask-host.ts';
import { type StoredBody, storeBody } from './body-store.ts';
import { countInRun } from './count-in-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { holdRun } from './hold-run.ts';
import { keptHeaders } from './kept-headers.ts';
import type { Turn } from './take-turn.ts';

type Kept = Extract<Outcome, { kind: 'answer' | 'not modified' }>;

/**
 * Keeps an answer before anything is read from it: the body in the object store, then the capture, with which the request
 * waits to be read. Returns the capture's id; undefined where the turn was lost or the run has ended meanwhile.
 */
export async function keepAnswer(context: CrawlContext, turn: Turn, answer: Kept): Promise<string | undefined> {
  if (answer.kind === 'not modified') return keepUnchanged(context, turn, answer);
  const stored = await storeBody(context, turn.ownerId, answer.response.body);
  await context.onStep?.('stored');
  return asSystem(context.database, 'crawl: captures', async (db) => {
    if (!(await isStillOurs(db, turn))) return undefined;
    await sql`select app.hold_object(${turn.ownerId}::uuid, ${stored.sha256}, ${stored.claim}::uuid)`.execute(db);
    const captureId = await insertCapture(db, turn, answer, stored);
    const isUnchanged = stored.bodySha256 === turn.former?.bodySha256;
    await awaitReading(db, turn, captureId, answer);
    await countInRun(db, turn.runId, {
      fetched: 1,
      bytes: stored.bodyBytes,
      ...(isUnchanged ? { unchanged: 1 } : { changed: 1 }),
    });
    return captureId;
  });
}

/** An observation of its own, of the same body: the facts of today are those of then. */
function keepUnchanged({ database }: CrawlContext, turn: Turn, unchanged: Kept): Promise<string | undefined> {
  return asSystem(database, 'crawl: captures', async (db) => {
    if (!(await isStillOurs(db, turn))) return undefined;
    const { rows } = await sql<{ id: string }>`
      insert into captures (tenant_id, source_id, run_id, request_key, request, final_url, status, headers, fetched_at, origin,
          not_modified, body_sha256, body_bytes, object_sha256, object_bytes, encoding)
        select c.tenant_id, c.source_id, ${turn.runId}::uuid, c.request_key, c.request, c.final_url, c.status, c.headers,
          ${unchanged.fetchedAt}, c.origin, true, c.body_sha256, c.body_bytes, c.object_sha256, c.object_bytes, c.encoding
        from captures c where c.owner_id = ${turn.ownerId}::uuid and c.id = ${turn.former?.captureId ?? null}::uuid
        returning id`.execute(db);
    const captureId = rows[0]?.id;
    if (captureId === undefined) return undefined; // it was past its retention just now: the lease ends, and it is asked again
    await awaitReading(db, turn, captureId, unchanged);
    await countInRun(db, turn.runId, { unchanged: 1 });
    return captureId;
  });
}

async function isStillOurs(db: SystemDb, turn: Turn): Promise<boolean> {
  const { rows } = await sql`
    select from crawl_requests where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key}
      and turn = ${turn.token}::uuid and state = 'queued' for update`.execute(db);
  return rows.length > 0 && (await holdRun(db, turn.runId));
}

async function insertCapture(
  db: SystemDb,
  turn: Turn,
  { response, fetchedAt }: Kept,
  body: StoredBody,
): Promise<string> {
  const { request } = turn;
  const { rows } = await sql<{ id: string }>`
    insert into captures (tenant_id, source_id, run_id, request_key, request, final_url, status, headers, fetched_at, origin,
        body_sha256, body_bytes, object_sha256, object_bytes, encoding)
      values (${turn.tenantId}::uuid, ${turn.sourceId}::uuid, ${turn.runId}::uuid, ${request.key}, ${JSON.stringify(request)}::jsonb,
        ${response.url.href}, ${response.status}, ${JSON.stringify(keptHeaders(response.headers))}::jsonb,
        ${request.archivedAt === undefined ? fetchedAt : new Date(request.archivedAt)},
        ${request.archivedAt === undefined ? 'live' : 'archive'},
        ${body.bodySha256}, ${body.bodyBytes}, ${body.sha256}, ${body.bytes}, ${body.encoding})
      returning id`.execute(db);
  return rows[0]?.id ?? '';
}

/** What the host said of this answer makes the next request conditional; a 304 need not repeat it. */
async function awaitReading(db: SystemDb, turn: Turn, captureId: string, { kind, response }: Kept): Promise<void> {
  const [etag, lastModified] = ['etag', 'last-modified'].map((name) => {
    const value = response.headers.get(name);
    return value !== null && value.length <= 1000 ? value : null;
  });
  const repeats = kind === 'answer';
  await sql`update crawl_requests set state = 'captured', capture_id = ${captureId}::uuid, error = null,
      etag = case when ${repeats} then ${etag} else coalesce(${etag}, etag) end,
      last_modified = case when ${repeats} then ${lastModified} else coalesce(${lastModified}, last_modified) end
    where source_id = ${turn.sourceId}::uuid and key = ${turn.request.key}`.execute(db);
}
