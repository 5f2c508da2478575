import type { CallOptions, Calls } from '../calls.ts';
import type { DatasetsReplayStatusInput, Replay } from '../contract.gen.ts';
import { isErrorKind } from '../error-from.ts';
import { GranaryError } from '../errors.ts';
import { pause } from './watch-load.ts';

const slowest = 2000; // milliseconds between two questions

/** Asks until the replay is done, less and less often; throws GranaryError with what it failed of. */
export async function waitForReplay(
  replayStatus: Calls['datasets']['replayStatus'],
  input: DatasetsReplayStatusInput,
  { signal }: CallOptions = {},
): Promise<Replay> {
  for (let wait = 100; ; wait = Math.min(wait * 1.5, slowest)) {
    const found = await replayStatus(input, { signal });
    if (found.state === 'ready') return found;
    if (found.state === 'failed') {
      const { kind, message } = found.error ?? { kind: 'internal', message: 'the replay failed' };
      throw new GranaryError(isErrorKind(kind) ? kind : 'internal', message, { details: { replay: found } });
    }
    await pause(wait, signal);
  }
}
