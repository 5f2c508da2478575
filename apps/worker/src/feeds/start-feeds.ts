import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { FeedOptions } from './make-day.ts';
import { makeFeeds } from './make-feeds.ts';

const every = 600_000; // milliseconds

/** Makes feeds as days end and late data come, until it is stopped; `stop` resolves when nothing of it runs any more. */
export function startFeeds({ log, ...options }: Omit<FeedOptions, 'signal'> & { readonly log: Log }): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      try {
        for (const { day, rows } of (await makeFeeds({ ...options, signal })) ?? [])
          log('a day of a feed was made', { day, rows });
      } catch (error) {
        if (!signal.aborted) log('feeds were not made', { error });
      }
      await delay(every, undefined, { signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
