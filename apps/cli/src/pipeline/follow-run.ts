import type { GranaryClient, RunLog, RunWithSteps } from '@granary/client';
import { CommandFailure } from '../output/failure.ts';

interface Listener {
  onLine(line: RunLog): void;
  /** Whenever the run, or a step of it, is in another state. */
  onState?(run: RunWithSteps): void;
}

/** Tells how a run gets on until it is over; returns its end. */
export async function followRun(
  { runs }: GranaryClient,
  runId: string,
  { onLine, onState }: Listener,
): Promise<RunWithSteps> {
  let last: RunWithSteps | undefined;
  for await (const news of runs.watch({ runId })) {
    if (news.type === 'log') onLine(news);
    else {
      last = news.run;
      onState?.(last);
    }
  }
  if (!last) throw new CommandFailure('the run was left before its end');
  return last;
}

/** Throws CommandFailure for a run that ended otherwise than well. */
export function requireSuccess({ state, error }: RunWithSteps): void {
  if (state !== 'succeeded') throw new CommandFailure(`the run ${state}${error ? `: ${error.message}` : ''}`);
}
