import { parseInput } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { sendEvents } from '../event-streams/send-events.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { isOver, type LoadEvent, type LoadWatcher } from './watch-load.ts';

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
    // tells EventSource to stop asking
    if (isOver(load) && id === lastEventId) return reply.header('cache-control', 'no-store').code(204).send();
    return sendEvents(request, reply, (signal) => named(loads.watch({ identity, input, lastEventId, signal })));
  });
}

async function* named(events: AsyncGenerator<LoadEvent>) {
  for await (const { id, load } of events) yield { id, name: 'load', data: load };
}
