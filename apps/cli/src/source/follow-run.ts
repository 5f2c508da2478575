import { setTimeout as delay } from 'node:timers/promises';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { formatCount } from '../output/table.ts';
import type { Run, Sources } from './sources.ts';

const intervalMs = 500;

/** Waits for a run to end, and shows how far it is. Throws CommandFailure for one that failed. */
export async function followRun({ terminal }: CommandContext, sources: Sources, begun: Run): Promise<Run> {
  let run = begun;
  while (run.state === 'queued' || run.state === 'running') {
    terminal.progress(run.state === 'queued' ? 'waiting for a worker' : progressOf(run));
    await delay(intervalMs);
    run = await sources.runStatus(run.sourceId, run.id);
  }
  return run;
}

/** Whoever waits for a run learns by the exit status how it ended. */
export function requireSuccess(run: Run): void {
  if (run.state === 'succeeded') return;
  throw new CommandFailure(run.error ?? `the run was ${run.state}`);
}

function progressOf({ discovered, fetched, unchanged, failed, skipped, plugins }: Run): string {
  const done = Math.min(discovered, fetched + unchanged + failed + skipped);
  return `${formatCount(done)} of ${formatCount(discovered)} requests, ${formatCount(plugins)} plugins`;
}
