import type { Member } from '@granary/db';
import { getLoad, type Load } from '@granary/domain';
import type { RunAction } from '../actions/run-action.ts';
import {
  createProgressWatcher,
  type ProgressEvent,
  type ProgressWatch,
  type ProgressWatcherOptions,
} from '../event-streams/progress-watcher.ts';

/** A state of a load. */
export interface LoadEvent {
  readonly id: string;
  readonly load: Load;
}

export type LoadWatch = ProgressWatch;

export interface LoadWatcher {
  /** The present state. Throws what datasets.loadStatus throws. */
  read(identity: Member, input: unknown): Promise<LoadEvent>;
  /** Every change until the load is over. Throws as soon as the listener may no longer see it, or we shut down. */
  watch(watch: LoadWatch): AsyncGenerator<LoadEvent>;
}

export const isOver = ({ state }: Load): boolean => state === 'ready' || state === 'failed';

export interface LoadWatcherOptions
  extends Pick<ProgressWatcherOptions<Load>, 'draining' | 'intervalMs' | 'maxPerUser'> {
  readonly run: RunAction;
}

export function createLoadWatcher({ run, ...options }: LoadWatcherOptions): LoadWatcher {
  const watcher = createProgressWatcher({
    ...options,
    isOver,
    read: async (identity, input) => getLoad.output.parse(await run(getLoad, identity, input)),
  });
  const named = ({ id, state }: ProgressEvent<Load>): LoadEvent => ({ id, load: state });
  async function* watch(input: LoadWatch): AsyncGenerator<LoadEvent> {
    for await (const event of watcher.watch(input)) yield named(event);
  }
  return { read: async (identity, input) => named(await watcher.read(identity, input)), watch };
}
