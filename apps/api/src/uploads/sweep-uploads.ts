import type { Database } from '@granary/db';
import { expireUploads } from '@granary/domain';
import type { LandingStore } from './landing-store.ts';

const everyMs = 10 * 60_000;
/** Longer than any upload may stay open. */
const abandonedMs = 48 * 3_600_000;

/** Now and every ten minutes: ends uploads whose time is over, and removes bytes that belong to no open upload. */
export function sweepUploads(
  database: Database,
  landing: LandingStore,
  report: (error: unknown) => void,
): { stop(): Promise<void> } {
  const sweep = async (): Promise<void> => {
    for (const id of await expireUploads(database)) await landing.remove(id);
    await landing.removeOlderThan(abandonedMs);
  };
  let running = sweep().catch(report);
  const timer = setInterval(() => {
    running = running.then(sweep).catch(report);
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
