import { onceAsSystem } from '@granary/db';
import { sql } from 'kysely';
import type { Outcome } from './ask-host.ts';
import { storeBody } from './body-store.ts';
import type { CrawlContext } from './crawl-context.ts';
import { keptHeaders } from './kept-headers.ts';
import type { Turn } from './take-turn.ts';

type Kept = Extract<Outcome, { kind: 'answer' | 'not modified' }>;

/**
 * Keeps an answer before anything is read from it: the body in the object store, then the capture, with which the request
 * waits to be read. Returns the capture's id; undefined where the turn was lost or the run has ended meanwhile.
 */
export async function keepAnswer(context: CrawlContext, turn: Turn, answer: Kept): Promise<string | undefined> {
  const { response, fetchedAt } = answer;
  const said = { etag: validator(response, 'etag'), last_modified: validator(response, 'last-modified') };
  if (answer.kind === 'not modified') return keep(context, turn, { ...said, fetched_at: fetchedAt }, null);
  const stored = await storeBody(context, turn.ownerId, response.body);
  await context.onStep?.('stored');
  const { archivedAt } = turn.request;
  const capture = {
    ...said,
    final_url: response.url.href,
    status: response.status,
    headers: keptHeaders(response.headers),
    fetched_at: archivedAt === undefined ? fetchedAt : new Date(archivedAt),
    origin: archivedAt === undefined ? 'live' : 'archive',
    body_sha256: stored.bodySha256,
    body_bytes: stored.bodyBytes,
    object_sha256: stored.sha256,
    object_bytes: stored.bytes,
    encoding: stored.encoding,
  };
  return keep(context, turn, capture, stored.claim);
}

async function keep(
  { database }: CrawlContext,
  turn: Turn,
  capture: object,
  claim: string | null,
): Promise<string | undefined> {
  const [[row]] = await onceAsSystem(
    database,
    'crawl: captures',
    { durable: true },
    sql<{ id: string | null }>`select app.keep_answer(${turn.sourceId}::uuid, ${turn.request.key}, ${turn.token}::uuid,
      ${JSON.stringify(capture)}::jsonb, ${claim}::uuid) as id`,
  );
  return row?.id ?? undefined;
}

/** What makes the next request conditional. */
function validator({ headers }: Kept['response'], name: string): string | null {
  const value = headers.get(name);
  return value !== null && value.length <= 1000 ? value : null;
}
