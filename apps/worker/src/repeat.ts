import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does `turn` again and again, each time after the pause (in milliseconds; 0 for none) that the turn before answered. `stop` cuts a
 * pause short, and resolves when nothing of it runs any more. A turn must not reject: what failed, and how long to wait then, it knows itself.
 */
export function repeat(turn: (signal: AbortSignal) => Promise<number>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      const pause = await turn(signal);
      if (pause > 0) await delay(pause, undefined, { signal }).catch(() => {});
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
