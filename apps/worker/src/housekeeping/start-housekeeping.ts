import { type HousekeepingOptions, keepHouse } from './keep-house.ts';

const every = 600_000; // milliseconds
const orphansEvery = 86_400_000;

/** Keeps house now and then until it is stopped; `stop` resolves when nothing of it runs any more. */
export function startHousekeeping(options: Omit<HousekeepingOptions, 'orphans' | 'signal'>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;
  let orphansAt = 0;
  const run = async () => {
    const orphans = Date.now() >= orphansAt;
    try {
      const done = await keepHouse({ ...options, orphans, signal: stopping.signal });
      if (done && orphans) orphansAt = Date.now() + orphansEvery;
    } catch (error) {
      if (!stopping.signal.aborted) options.log('housekeeping was broken off', { error });
    }
  };
  const begin = () => {
    running ??= run().finally(() => {
      running = undefined;
    });
  };
  begin();
  const timer = setInterval(begin, every);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
