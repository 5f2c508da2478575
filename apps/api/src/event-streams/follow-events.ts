import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@granary/domain';
import type { StreamedEvent } from './event-stream.ts';
import { unlessEnded } from './unless-ended.ts';

/** What came since a cursor, oldest first, and the cursor after which to go on. */
export interface Answer<Item extends { readonly cursor: string }> {
  readonly items: readonly Item[];
  readonly cursor: string;
  /** Nothing comes after these. */
  readonly isLast?: boolean;
}

export interface Following<Item extends { readonly cursor: string }> {
  /** Of each event. */
  readonly name: string | ((item: Item) => string);
  /** The action, so that every answer is authorised anew. */
  ask(cursor: string): Promise<Answer<Item>>;
  readonly first: Answer<Item>;
  readonly signal: AbortSignal;
  readonly draining: AbortSignal;
  readonly intervalMs?: number;
}

/**
 * Events as they come, in commit order; no connection is held while nothing happens. The id of each is the cursor after which
 * whoever comes back goes on. Throws as soon as the listener may no longer see them, or we shut down.
 */
export async function* followEvents<Item extends { readonly cursor: string }>({
  name,
  ask,
  first,
  signal,
  draining,
  intervalMs = 1000,
}: Following<Item>): AsyncGenerator<StreamedEvent> {
  const ended = AbortSignal.any([signal, draining]);
  let answer: Answer<Item> | undefined = first;
  while (answer && !ended.aborted) {
    for (const item of answer.items) {
      const { cursor, ...event } = item;
      yield { id: cursor, name: typeof name === 'string' ? name : name(item), data: event };
    }
    if (answer.isLast) return;
    if (answer.items.length === 0) await delay(intervalMs, undefined, { signal: ended }).catch(() => {});
    answer = await unlessEnded(ended, ask(answer.cursor)); // a stuck database must not hold the process
  }
  if (draining.aborted) throw new DomainError('unavailable', 'the server is shutting down, connect again');
}
