import { asSystem } from '@granary/db';
import { OutboundError } from '@granary/outbound';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import type { Turn } from './take-turn.ts';

const mostBytes = 500 * 1024;
const heldMs = 86_400_000;
/** One that could not be read again is good for another hour, while the host is not heard. */
const againMs = 3_600_000;

/** Whether the robots.txt that is known may not be gone by any more. */
export const isRobotsDue = ({ robots }: Turn, now = Date.now()): boolean =>
  robots === null || now - robots.fetchedAt.getTime() >= heldMs;

/** Why the host may not be asked at all. */
export interface RobotsFailure {
  readonly reason: string;
  /** It would be so again. */
  readonly isFinal: boolean;
}

/**
 * Asks the host for its robots.txt, in the turn that was taken for another request (RFC 9309, 2.3): without one (4xx, or
 * redirected too often) everything is allowed; where the host cannot say, nothing is, unless it could before.
 */
export async function refreshRobots(
  { database, outbound, settings }: CrawlContext,
  { origin, robots }: Turn,
  signal: AbortSignal,
): Promise<RobotsFailure | undefined> {
  const found = await fetchRobots({ outbound, settings }, origin, signal);
  if ('reason' in found && (robots === null || found.isFinal)) return found;
  await asSystem(database, 'crawl: turns', (db) =>
    'reason' in found
      ? sql`update jobs.crawl_hosts set robots_fetched_at = now() - make_interval(secs => ${(heldMs - againMs) / 1000})
          where origin = ${origin}`.execute(db)
      : sql`update jobs.crawl_hosts set robots = ${found.text}, robots_fetched_at = now() where origin = ${origin}`.execute(
          db,
        ),
  );
  return undefined;
}

async function fetchRobots(
  { outbound, settings }: Pick<CrawlContext, 'outbound' | 'settings'>,
  origin: string,
  signal: AbortSignal,
): Promise<RobotsFailure | { readonly text: string }> {
  try {
    const { status, body } = await outbound.request({
      url: `${origin}/robots.txt`,
      redirects: 5,
      maxBytes: mostBytes + 1, // by which the parser sees that it was cut
      cut: true,
      totalMs: settings.totalMs,
      idleMs: settings.idleMs,
      signal,
    });
    if (status >= 200 && status < 300) return { text: body.toString('utf8').replaceAll('\0', ' ') }; // Postgres takes none
    if (status >= 400 && status < 500 && status !== 429) return { text: '' };
    return { reason: `its host’s robots.txt cannot be read: status ${status}`, isFinal: false };
  } catch (error) {
    if (!(error instanceof OutboundError) || error.kind === 'aborted') throw error;
    if (error.kind === 'too_many_redirects') return { text: '' };
    return {
      reason: `its host’s robots.txt cannot be read: ${error.message}`,
      isFinal: error.kind.startsWith('refused') || error.kind === 'tls',
    };
  }
}
