import type { GranaryClient } from '@granary/client';
import type { CallerFlags } from '../caller/with-caller.ts';
import type { Terminal } from '../output/terminal.ts';
import { followRun, requireSuccess } from './follow-run.ts';
import { formatLine, printSteps } from './print-run.ts';

/**
 * Says how a run gets on until it is over, and prints its end; as JSON a line for each. Throws CommandFailure where it ended otherwise
 * than well.
 */
export async function watchRun(
  terminal: Terminal,
  client: GranaryClient,
  runId: string,
  flags: CallerFlags,
): Promise<void> {
  let state = '';
  const ended = await followRun(client, runId, {
    onLine: (line) =>
      flags.json ? terminal.print(JSON.stringify({ type: 'log', ...line })) : terminal.note(formatLine(line)),
    onState(run) {
      if (run.state !== state && !flags.json) terminal.note(`the run is ${run.state}`);
      ({ state } = run);
    },
  });
  printSteps(terminal, flags, ended);
  requireSuccess(ended);
}
