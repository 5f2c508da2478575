import { waybackHost } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { CrawlContext } from './crawl-context.ts';
import type { Turn } from './take-turn.ts';

/** How long its host has rest from the moment at which it was asked: by the source's rate, or what robots.txt asks for. */
export function pauseOf(
  { settings: { archivePauseMs } }: Pick<CrawlContext, 'settings'>,
  { rate, origin }: Turn,
  crawlDelay: number | null,
  random: () => number = Math.random,
): number {
  const asked = Math.min(crawlDelay ?? 0, mostDelay) * 1000;
  const archive = new URL(origin).hostname === waybackHost ? archivePauseMs : 0;
  return Math.max(1000 / rate, asked, archive) * (1 + random() / 20);
}
const mostDelay = 600; // seconds

/**
 * Gives the host back: a statement. `elapsedMs`: since it was asked, by the clock of who asked; the pause is counted from then on. A failure
 * makes the next one's pause longer, an answer ends that. Nothing where the turn was lost meanwhile.
 */
export const endTurn = (
  { origin, token }: Turn,
  { pauseMs, elapsedMs, failed }: { readonly pauseMs: number; readonly elapsedMs: number; readonly failed: boolean },
) =>
  sql`update jobs.crawl_hosts set busy_until = null, turn = null,
      failures = ${failed ? sql`failures + 1` : 0},
      next_allowed_at = greatest(next_allowed_at, clock_timestamp() + make_interval(secs => ${(pauseMs - elapsedMs) / 1000}))
    where origin = ${origin} and turn = ${token}::uuid`;

/** Gives the host back that was not asked. */
export const passTurn = ({ origin, token }: Turn) =>
  sql`update jobs.crawl_hosts set busy_until = null, turn = null where origin = ${origin} and turn = ${token}::uuid`;
