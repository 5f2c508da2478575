import { setTimeout as wait } from 'node:timers/promises';
import { beginDueRuns } from './begin-due-runs.ts';
import { beginRun } from './begin-run.ts';
import type { CrawlContext } from './crawl-context.ts';
import { performTurn } from './perform-turn.ts';
import { readLeftBehind } from './read-left-behind.ts';
import { settleRuns } from './settle-runs.ts';
import { takeTurn } from './take-turn.ts';
import { workOnRun } from './work-on-run.ts';

export interface Crawling {
  /** Takes no further turn, breaks off what is being asked, and resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Crawls whatever is to be crawled until it is stopped. Every worker does so, and they share all crawls, request by request:
 * the frontier in the database is the queue (docs/adr/0032-crawling.md).
 */
export function startCrawling(context: CrawlContext): Crawling {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = () => wait(context.settings.pollMs, undefined, { signal }).catch(() => {});
  const keepDoing = async (what: string, step: () => Promise<boolean>) => {
    while (!signal.aborted) {
      const didSomething = await step().catch((error: unknown) => {
        if (!signal.aborted) context.log(`${what} was broken off`, { error });
        return false;
      });
      if (!didSomething) await pause();
    }
  };
  const parts = [
    keepDoing('beginning crawls', async () => {
      await beginDueRuns(context);
      return beginRun(context);
    }),
    keepDoing('ending crawls', async () => {
      await settleRuns(context);
      return readLeftBehind(context);
    }),
    keepDoing('an import', () => workOnRun(context, signal)),
    ...Array.from({ length: context.settings.concurrency }, () =>
      keepDoing('a request', async () => {
        const turn = await takeTurn(context);
        if (turn) await performTurn(context, turn, signal);
        return turn !== undefined;
      }),
    ),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(parts);
    },
  };
}
