import { setTimeout as delay } from 'node:timers/promises';
import { DomainError, type followAuditEvents } from '@granary/domain';
import type { z } from 'zod';
import type { StreamedEvent } from '../event-streams/event-stream.ts';
import { unlessEnded } from '../event-streams/unless-ended.ts';

type Answer = z.output<typeof followAuditEvents.output>;

export interface Following {
  /** The action, so that every answer is authorised anew. */
  ask(cursor: string): Promise<Answer>;
  readonly first: Answer;
  readonly signal: AbortSignal;
  readonly draining: AbortSignal;
  readonly intervalMs?: number;
}

/**
 * Audit events as they settle, in commit order; no connection is held while nothing happens. The id of each is the cursor
 * after which whoever comes back goes on. Throws as soon as the listener may no longer see them, or we shut down.
 */
export async function* followEvents({
  ask,
  first,
  signal,
  draining,
  intervalMs = 1000,
}: Following): AsyncGenerator<StreamedEvent> {
  const ended = AbortSignal.any([signal, draining]);
  let answer: Answer | undefined = first;
  while (answer && !ended.aborted) {
    for (const { cursor, ...event } of answer.items) yield { id: cursor, name: 'audit', data: event };
    if (answer.items.length === 0) await delay(intervalMs, undefined, { signal: ended }).catch(() => {});
    answer = await unlessEnded(ended, ask(answer.cursor)); // a stuck database must not hold the process
  }
  if (draining.aborted) throw new DomainError('unavailable', 'the server is shutting down, connect again');
}
