import { repeat } from '../repeat.ts';
import { beginDueRuns } from './begin-due-runs.ts';
import { beginRun } from './begin-run.ts';
import { Bell } from './bell.ts';
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
export function startCrawling(given: CrawlContext): Crawling {
  // a host that was asked is another one's to ask, while who asked it still stores the answer
  const free = new Bell();
  const context = { ...given, onHostFree: () => free.ring() };
  const { pollMs, concurrency } = context.settings;
  const keepDoing = (
    what: string,
    step: (signal: AbortSignal) => Promise<boolean>,
    idle: (signal: AbortSignal) => Promise<number> = async () => pollMs,
  ) =>
    repeat(async (signal) => {
      const didSomething = await step(signal).catch((error: unknown) => {
        if (!signal.aborted) context.log(`${what} was broken off`, { error });
        return false;
      });
      return didSomething ? 0 : idle(signal);
    });
  const untilFree = async (signal: AbortSignal) => {
    await free.wait(pollMs, signal);
    return 0;
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
    keepDoing('an import', (signal) => workOnRun(context, signal)),
    ...Array.from({ length: concurrency }, () =>
      keepDoing(
        'a request',
        async (signal) => {
          const turn = await takeTurn(context);
          if (turn) await performTurn(context, turn, signal);
          return turn !== undefined;
        },
        untilFree,
      ),
    ),
  ];
  return {
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
