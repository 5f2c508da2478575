import type { CallOptions } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { DatasetsLoadStatusInput, Load } from '../contract.gen.ts';
import { isErrorKind } from '../error-from.ts';
import { GranaryError } from '../errors.ts';
import { subscribe } from '../subscribe.ts';

export interface LoadedOptions extends CallOptions {
  /** Called with each state of the load on the way. */
  readonly onProgress?: ((load: Load) => void) | undefined;
}

/** The states of a load until it is ready or has failed, the present one first. */
export async function* watchLoad(
  connection: Connection,
  input: DatasetsLoadStatusInput,
  { signal }: CallOptions = {},
): AsyncGenerator<Load, void, undefined> {
  while (true) {
    for await (const item of subscribe(connection, 'datasets.watchLoad', input, signal)) {
      const load = item as Load; // the API parses every output by the schema that this type is printed from
      yield load;
      if (load.state === 'ready' || load.state === 'failed') return;
    }
    // the API ends its streams when it shuts down, so that another one of it takes over
    await pause(1000, signal);
  }
}

/** Waits until the load is ready; throws GranaryError with what it failed of, and the load in its details. */
export async function waitForLoad(
  connection: Connection,
  input: DatasetsLoadStatusInput,
  { signal, onProgress }: LoadedOptions = {},
): Promise<Load> {
  for await (const load of watchLoad(connection, input, { signal })) {
    onProgress?.(load);
    if (load.state === 'ready') return load;
    if (load.state === 'failed') throw failed(load);
  }
  throw new GranaryError('internal', 'the load was left before its end');
}

function failed(load: Load): GranaryError {
  const { kind, message } = load.error ?? { kind: 'internal', message: 'the load failed' };
  return new GranaryError(isErrorKind(kind) ? kind : 'invalid', message, { details: { load } });
}

/** Ends early when the signal is aborted. */
export const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(); // what comes next sees that the signal is aborted
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
