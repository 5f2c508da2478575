import { getSourceRun, parseInput, type SourceRun } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { createProgressWatcher, type ProgressEvent } from '../event-streams/progress-watcher.ts';
import { sendEvents } from '../event-streams/send-events.ts';
import { fastifyPath } from '../rest/action-routes.ts';

export const runEventsPath = '/v1/sources/{sourceId}/runs/{runId}/events';

const lastEvent = z.string().max(100).optional();
const isOver = ({ state }: SourceRun): boolean => state !== 'queued' && state !== 'running';

interface RunEventsOptions {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly draining: AbortSignal;
}

/** How far a run of a source is, as server-sent events, for curl and for EventSource. */
export function registerRunEvents(app: FastifyInstance, { authentication, run, draining }: RunEventsOptions): void {
  const runs = createProgressWatcher<SourceRun>({
    draining,
    isOver,
    read: async (identity, input) => getSourceRun.output.parse(await run(getSourceRun, identity, input)),
  });
  app.get(fastifyPath(runEventsPath), { exposeHeadRoute: false }, async (request, reply) => {
    const identity = await authentication.requireMember(request);
    const input = request.params;
    const lastEventId = parseInput(lastEvent, request.headers['last-event-id']);
    const { id, state } = await runs.read(identity, input); // a refusal is a status, not an event
    // tells EventSource to stop asking
    if (isOver(state) && id === lastEventId) return reply.header('cache-control', 'no-store').code(204).send();
    return sendEvents(request, reply, (signal) => named(runs.watch({ identity, input, lastEventId, signal })));
  });
}

async function* named(events: AsyncGenerator<ProgressEvent<SourceRun>>) {
  for await (const { id, state } of events) yield { id, name: 'run', data: state };
}
