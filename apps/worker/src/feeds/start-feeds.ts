import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';
import type { FeedOptions } from './make-day.ts';
import { makeFeeds } from './make-feeds.ts';

const every = 600_000; // milliseconds

/** Makes feeds as days end and late data come, until it is stopped. */
export const startFeeds = ({ log, ...options }: Omit<FeedOptions, 'signal'> & { readonly log: Log }) =>
  repeat(async (signal) => {
    try {
      for (const { day, rows } of (await makeFeeds({ ...options, signal })) ?? [])
        log('a day of a feed was made', { day, rows });
    } catch (error) {
      if (!signal.aborted) log('feeds were not made', { error });
    }
    return every;
  });
