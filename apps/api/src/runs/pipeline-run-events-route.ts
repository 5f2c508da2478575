import { createHash } from 'node:crypto';
import { isOver, parseInput, type RunLog, type RunWithSteps, runLogs } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { type Answer, followEvents } from '../event-streams/follow-events.ts';
import { OpenStreams } from '../event-streams/open-streams.ts';
import { sendEvents } from '../event-streams/send-events.ts';
import { fastifyPath } from '../rest/action-routes.ts';

export const pipelineRunEventsPath = '/v1/runs/{runId}/events';
export const pipelineRunEventsInput = runLogs.input.pick({ runId: true });

/** The number of the last line, and a digest of the last state that was told. */
const lastEvent = z
  .string()
  .regex(/^\d{1,9}\.[\w-]{0,22}$/)
  .optional();
const mostStreams = 100;
const mostLines = 1000; // in one answer

interface PipelineRunEventsOptions {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly draining: AbortSignal;
  readonly intervalMs?: number;
}

type Told = { readonly cursor: string } & (RunLog | RunWithSteps);

/** How a run of a pipeline gets on, and what its steps log, as server-sent events. They end with the run. */
export function registerPipelineRunEvents(
  app: FastifyInstance,
  { authentication, run, draining, intervalMs = 500 }: PipelineRunEventsOptions,
): void {
  const open = new OpenStreams(mostStreams);
  app.get(fastifyPath(pipelineRunEventsPath), { exposeHeadRoute: false }, async (request, reply) => {
    const identity = await authentication.requireMember(request);
    const { runId } = parseInput(pipelineRunEventsInput, request.params);
    const ask = async (cursor: string) => {
      const input = { runId, after: Number(cursor.split('.')[0]), limit: mostLines };
      return answerOf(runLogs.output.parse(await run(runLogs, identity, input)), cursor);
    };
    const first = await ask(parseInput(lastEvent, request.headers['last-event-id']) ?? '0.'); // a refusal is a status, not an event
    // tells EventSource to stop asking
    if (first.isLast && first.items.length === 0) return reply.header('cache-control', 'no-store').code(204).send();
    const name = (told: Told) => ('steps' in told ? 'run' : 'log');
    return sendEvents(request, reply, (signal) =>
      open.count(identity.userId, followEvents({ name, ask, first, signal, draining, intervalMs })),
    );
  });
}

/** The new lines, and then the state if it is another one than was told before: whoever resumes after one of them misses none. */
function answerOf({ run, items, after }: z.output<typeof runLogs.output>, cursor: string): Answer<Told> {
  const [, seen = ''] = cursor.split('.');
  const state = createHash('sha256').update(JSON.stringify(run)).digest('base64url').slice(0, 22);
  const lines = items.map((line) => ({ cursor: `${line.number}.${seen}`, ...line }));
  const last = `${after}.${state}`;
  return {
    items: state === seen ? lines : [...lines, { cursor: last, ...run }],
    cursor: last,
    isLast: isOver(run.state) && items.length < mostLines,
  };
}
