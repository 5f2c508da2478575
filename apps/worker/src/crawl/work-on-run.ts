import type { CrawlContext } from './crawl-context.ts';
import { importPages } from './import-pages.ts';
import { reparse } from './reparse.ts';
import { endRun, LeaseLost, releaseRun, takeRun } from './run-lease.ts';

const mostAttempts = 5;

/** Does an import or a reparse that waits, or goes on with one. False where there is none. */
export async function workOnRun(context: CrawlContext, signal: AbortSignal): Promise<boolean> {
  const run = await takeRun(context);
  if (!run) return false;
  try {
    await { import: importPages, reparse }[run.trigger](context, run, signal);
    context.log('a run has ended', { runId: run.runId, trigger: run.trigger });
  } catch (error) {
    if (error instanceof LeaseLost) return true;
    if (signal.aborted) await releaseRun(context, run);
    else if (run.attempts >= mostAttempts) await endRun(context, run, 'failed', 'it was broken off again and again');
    throw error; // once its lease is over it is taken again, and goes on where it was
  }
  return true;
}
