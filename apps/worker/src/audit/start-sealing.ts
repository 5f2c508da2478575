import { type CheckpointOptions, makeCheckpoints, sealChains } from '@granary/domain';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';

export interface SealingOptions extends Omit<CheckpointOptions, 'signal'> {
  readonly log: Log;
}

const leastPause = 1000; // milliseconds
const mostPause = 60_000;

/**
 * Seals audit events as they come and signs heads that are due, until it is stopped; `stop` resolves when nothing of it runs
 * any more. Every worker does so: each chain is one's at a time, and whatever one leaves undone another does.
 */
export function startSealing({ log, ...options }: SealingOptions): { stop(): Promise<void> } {
  const told = new Map<string, number>(); // when each chain was last complained of
  const onFailure = (chain: string, error: unknown) => {
    if (Date.now() - (told.get(chain) ?? 0) < mostPause) return;
    told.set(chain, Date.now());
    log('an audit chain could not be sealed', { chain, error });
  };
  return repeat(async (signal) => {
    const started = performance.now();
    let failed = false;
    try {
      while ((await sealChains(options.database, { signal, onFailure })) > 0);
      await makeCheckpoints({ ...options, signal });
    } catch (error) {
      failed = !signal.aborted;
      if (failed) log('audit events were not sealed', { error });
    }
    // looking takes longer where there are many organizations: at most a tenth of the time goes into it
    return failed ? mostPause : Math.min(Math.max(leastPause, 10 * (performance.now() - started)), mostPause);
  });
}
