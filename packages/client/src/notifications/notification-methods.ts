import type { CallOptions, Calls } from '../calls.ts';
import type { Notification } from '../contract.gen.ts';
import { pause } from '../datasets/watch-load.ts';

export interface NotificationMethods {
  /**
   * What comes into the caller's inbox, in order; none is left out. `cursor`: that of the last one that was seen; without, what
   * comes from now on. Ends by `signal` alone.
   *
   * @example
   * for await (const { title } of client.notifications.tail()) console.log(title);
   */
  tail(input?: { readonly cursor?: string | undefined }, options?: CallOptions): AsyncIterable<Notification>;
}

const quiet = 1000; // milliseconds between two questions

export function notificationMethods(follow: Calls['notifications']['follow']): NotificationMethods {
  return {
    async *tail(input = {}, options = {}) {
      for (let { cursor } = input; ; ) {
        const answer = await follow({ cursor }, options);
        yield* answer.items;
        cursor = answer.cursor;
        if (answer.items.length === 0) await pause(quiet, options.signal);
      }
    },
  };
}
