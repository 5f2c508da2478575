import type { CrawlSettings } from '../../src/crawl/crawl-context.ts';

/** A worker's settings for hosts that have no time to lose. */
export const quick = {
  totalMs: 20_000,
  idleMs: 10_000,
  leaseMs: 60_000,
  backOffMs: 20,
  archivePauseMs: 0,
  pollMs: 10,
} as const satisfies Partial<CrawlSettings>;
