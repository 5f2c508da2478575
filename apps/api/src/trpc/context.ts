import type { Action } from '@granary/domain';
import type { FastifyRequest } from 'fastify';
import type { LoadEvent } from '../loads/watch-load.ts';

/** What a procedure may do: everything goes through an action. */
export interface Context {
  readonly request: FastifyRequest;
  run(action: Action, input: unknown): Promise<unknown>;
  watchLoad(input: unknown, lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<LoadEvent>;
}
