import type { CallOptions, Calls } from '../calls.ts';
import type { Connection } from '../connection.ts';
import type { AuditFollowInput, FollowedAuditEvent } from '../contract.gen.ts';
import { addressed, download } from '../datasets/download.ts';
import { pause } from '../datasets/watch-load.ts';

export interface AuditFilter extends Omit<AuditFollowInput, 'limit' | 'cursor'> {}

export interface TailInput extends AuditFilter {
  /** Where to go on: the cursor of the last event that was seen. Default: what comes from now on. */
  readonly cursor?: string | undefined;
}

/** What is more than one request. All of it rejects with GranaryError only. */
export interface AuditMethods {
  /** The events as JSON Lines, oldest first, each with its entry in the chain. A stream that breaks off errors. */
  exportJsonLines(filter?: AuditFilter, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  /**
   * Events as they are committed; none is left out, however late its transaction ended. Ends by `signal` alone.
   *
   * @example
   * for await (const event of client.audit.tail({ outcome: 'refused' })) console.log(event.at, event.action, event.actorId);
   */
  tail(input?: TailInput, options?: CallOptions): AsyncIterable<FollowedAuditEvent>;
}

const quiet = 1000; // milliseconds between two questions

export function auditMethods(connection: Connection, follow: Calls['audit']['follow']): AuditMethods {
  return {
    exportJsonLines: (filter = {}, options = {}) =>
      download(connection, `/v1/audit/events.jsonl?${addressed(filter)}`, options),
    async *tail(input = {}, options = {}) {
      for (let cursor = input.cursor; ; ) {
        const answer = await follow({ ...input, cursor }, options);
        yield* answer.items;
        cursor = answer.cursor;
        if (answer.items.length === 0) await pause(quiet, options.signal);
      }
    },
  };
}
