import { Readable } from 'node:stream';
import { parseInput } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { eventStream } from './event-stream.ts';
import { isOver, type LoadWatcher } from './watch-load.ts';

export const loadEventsPath = '/v1/datasets/{datasetId}/loads/{versionId}/events';

const lastEvent = z.string().max(100).optional();

/** The states of a load as server-sent events, for curl and for EventSource. */
export function registerLoadEvents(
  app: FastifyInstance,
  { authentication, loads }: { readonly authentication: Authentication; readonly loads: LoadWatcher },
): void {
  app.get(fastifyPath(loadEventsPath), { exposeHeadRoute: false }, async (request, reply) => {
    const identity = await authentication.requireMember(request);
    const input = request.params;
    const lastEventId = parseInput(lastEvent, request.headers['last-event-id']);
    const { id, load } = await loads.read(identity, input); // a refusal is a status, not an event
    reply.header('cache-control', 'no-store');
    if (isOver(load) && id === lastEventId) return reply.code(204).send(); // tells EventSource to stop asking

    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const events = loads.watch({ identity, input, lastEventId, signal: left.signal });
    const text = eventStream(events, (error) => {
      const { problem } = reportFailure(error, request);
      return problem.kind === 'unavailable' ? null : problem;
    });
    return reply
      .type('text/event-stream; charset=utf-8')
      .header('x-accel-buffering', 'no') // nginx would hold events back
      .send(Readable.from(text, { objectMode: false }));
  });
}
