import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { CrawlHarness } from './crawl-harness.ts';
import type { MarketplaceServer } from './marketplace-server.ts';

/** A worker of its own, until the test ends; it may be killed at a step, the n-th time that it comes there. */
export function startCrawlingWorker(
  { workerUrl, folder }: CrawlHarness,
  server: MarketplaceServer,
  {
    killAt = 'never',
    times = 1,
    where = 'readings',
  }: { killAt?: string; times?: number; where?: 'readings' | 'facts' } = {},
): ChildProcess {
  const script = path.join(import.meta.dirname, 'crawling-worker.ts');
  const args = [script, workerUrl, folder, String(server.port), killAt, String(times), where];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', process.env.GRANARY_TEST_LOGS ? 'inherit' : 'ignore'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}
