import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '@granary/db';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';

const askAgain = 30_000;
const connectAgain = 5000;

/**
 * Tells the database that containers are run here, for as long as this process lives: by a lock that its connection holds, so
 * that nobody has to take it back (app.engine_of).
 */
export const offerContainers = (url: string, log: Log): { stop(): Promise<void> } =>
  repeat(async (signal) => {
    try {
      await withClient(url, async (client) => {
        await client.query(`select pg_advisory_lock_shared(hashtextextended('granary: runs containers', 0))`);
        while (!signal.aborted) {
          await delay(askAgain, undefined, { signal }).catch(() => {});
          await client.query('select 1');
        }
      });
    } catch (error) {
      log('cannot say that containers are run here', { error });
    }
    return connectAgain;
  });
