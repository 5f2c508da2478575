import { setTimeout } from 'node:timers/promises';
import type { GranaryClient, OutputOf } from '@granary/client';
import { isOver } from './print-run.ts';

type Logs = OutputOf<'runs.logs'>;

const interval = 500; // milliseconds

/** Calls back with what the steps of a run log, until it is over; returns how it ended. Without `follow`, what is there. */
export async function followRun(
  client: GranaryClient,
  runId: string,
  { follow, onLine }: { readonly follow: boolean; onLine(line: Logs['items'][number]): void },
): Promise<Logs['run']> {
  let after: Logs['after'] = {};
  for (;;) {
    const { run, items, after: next } = await client.runs.logs({ runId, after });
    for (const line of items) onLine(line);
    after = next;
    if (items.length === 0 && (!follow || isOver(run))) return run;
    if (items.length === 0) await setTimeout(interval);
  }
}
