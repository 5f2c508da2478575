import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '@granary/db';
import { DomainError, getLoad, type Load } from '@granary/domain';
import type { RunAction } from '../actions/run-action.ts';
import { OpenStreams } from '../event-streams/open-streams.ts';
import { unlessEnded } from '../event-streams/unless-ended.ts';

/** A state of a load. The id names the state, so whoever resumes after it misses none and gets none twice. */
export interface LoadEvent {
  readonly id: string;
  readonly load: Load;
}

export interface LoadWatch {
  readonly identity: Member;
  readonly input: unknown;
  readonly lastEventId?: string | undefined;
  /** The listener left. */
  readonly signal: AbortSignal;
}

export interface LoadWatcher {
  /** The present state. Throws what datasets.loadStatus throws. */
  read(identity: Member, input: unknown): Promise<LoadEvent>;
  /** Every change until the load is over. Throws as soon as the listener may no longer see it, or we shut down. */
  watch(watch: LoadWatch): AsyncGenerator<LoadEvent>;
}

export const isOver = ({ state }: Load): boolean => state === 'ready' || state === 'failed';

export interface LoadWatcherOptions {
  readonly run: RunAction;
  readonly draining: AbortSignal;
  readonly intervalMs?: number;
  /** How many streams one person may keep open on this process. */
  readonly maxPerUser?: number;
}

/**
 * Follows loads by asking again and again, each time through the action: so every answer is authorised anew, and no
 * connection is held while nothing happens.
 */
export function createLoadWatcher({
  run,
  draining,
  intervalMs = 500,
  maxPerUser = 100,
}: LoadWatcherOptions): LoadWatcher {
  const open = new OpenStreams(maxPerUser);
  const read: LoadWatcher['read'] = async (identity, input) => {
    const load = getLoad.output.parse(await run(getLoad, identity, input));
    return { id: createHash('sha256').update(JSON.stringify(load)).digest('base64url').slice(0, 22), load };
  };

  async function* follow({ identity, input, lastEventId, signal }: LoadWatch): AsyncGenerator<LoadEvent> {
    const ended = AbortSignal.any([signal, draining]);
    let seen = lastEventId;
    while (!ended.aborted) {
      const event = await unlessEnded(ended, read(identity, input)); // a stuck database must not hold the process
      if (!event) break;
      if (event.id !== seen) yield event;
      if (isOver(event.load)) return;
      seen = event.id;
      await delay(intervalMs, undefined, { signal: ended }).catch(() => {});
    }
    // not the end of the load: the listener has to know that it should come back
    if (draining.aborted) throw new DomainError('unavailable', 'the server is shutting down, connect again');
  }

  return { read, watch: (watch) => open.count(watch.identity.userId, follow(watch)) };
}
