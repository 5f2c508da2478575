import type { Database } from '@granary/db';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';
import { dispatchEvents } from './dispatch-events.ts';

const leastPause = 500; // milliseconds
const mostPause = 30_000;

/**
 * Hands events on as they come, until it is stopped; `stop` resolves when nothing of it runs any more. Every worker does so.
 * It asks, and is woken by nothing: a question that finds nothing costs less than a wake-up that may be lost.
 */
export function startDispatching({ database, log }: { readonly database: Database; readonly log: Log }): {
  stop(): Promise<void>;
} {
  let pause = leastPause;
  return repeat(async (signal) => {
    try {
      const looked = await dispatchEvents(database, (problem) => log('an event was not handed on', { ...problem }));
      pause = leastPause;
      if (looked > 0) return 0;
    } catch (error) {
      if (!signal.aborted) log('events were not handed on', { error });
      pause = Math.min(pause * 2, mostPause);
    }
    return pause;
  });
}
