import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from '@granary/db';
import { DomainError } from '@granary/domain';
import { OpenStreams } from './open-streams.ts';
import { unlessEnded } from './unless-ended.ts';

/** A state of something that goes on. The id names the state, so whoever resumes after it misses none and gets none twice. */
export interface ProgressEvent<T> {
  readonly id: string;
  readonly state: T;
}

export interface ProgressWatch {
  readonly identity: Member;
  readonly input: unknown;
  readonly lastEventId?: string | undefined;
  /** The listener left. */
  readonly signal: AbortSignal;
}

export interface ProgressWatcher<T> {
  /** The present state. Throws what reading it throws. */
  read(identity: Member, input: unknown): Promise<ProgressEvent<T>>;
  /** Every change until it is over. Throws as soon as the listener may no longer see it, or we shut down. */
  watch(watch: ProgressWatch): AsyncGenerator<ProgressEvent<T>>;
}

export interface ProgressWatcherOptions<T> {
  /** Through an action, so that every answer is authorised anew. */
  readonly read: (identity: Member, input: unknown) => Promise<T>;
  readonly isOver: (state: T) => boolean;
  readonly draining: AbortSignal;
  readonly intervalMs?: number | undefined;
  /** How many streams one person may keep open on this process. */
  readonly maxPerUser?: number | undefined;
}

/** Follows what goes on by asking again and again: no connection is held while nothing happens. */
export function createProgressWatcher<T>({
  read: ask,
  isOver,
  draining,
  intervalMs = 500,
  maxPerUser = 100,
}: ProgressWatcherOptions<T>): ProgressWatcher<T> {
  const open = new OpenStreams(maxPerUser);
  const read: ProgressWatcher<T>['read'] = async (identity, input) => {
    const state = await ask(identity, input);
    return { id: createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 22), state };
  };

  async function* follow({ identity, input, lastEventId, signal }: ProgressWatch): AsyncGenerator<ProgressEvent<T>> {
    const ended = AbortSignal.any([signal, draining]);
    let seen = lastEventId;
    while (!ended.aborted) {
      const event = await unlessEnded(ended, read(identity, input)); // a stuck database must not hold the process
      if (!event) break;
      if (event.id !== seen) yield event;
      if (isOver(event.state)) return;
      seen = event.id;
      await delay(intervalMs, undefined, { signal: ended }).catch(() => {});
    }
    // not its end: the listener has to know that it should come back
    if (draining.aborted) throw new DomainError('unavailable', 'the server is shutting down, connect again');
  }

  return { read, watch: (watch) => open.count(watch.identity.userId, follow(watch)) };
}
