import {
  type ActionDependencies,
  beginAuditExport,
  exportAuditEvents,
  followAuditEvents,
  parseInput,
} from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { followEvents } from '../event-streams/follow-events.ts';
import { OpenStreams } from '../event-streams/open-streams.ts';
import { sendEvents } from '../event-streams/send-events.ts';
import { asJsonLines } from '../exports/send-rows.ts';
import { registerStream } from '../exports/stream-route.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';

export const auditStreamPath = '/v1/audit/events';
/** Everything that the address of the stream takes. */
export const auditStreamInput = followAuditEvents.input.omit({ limit: true });

const lastEvent = z.string().max(100).optional();
const mostStreams = 20;

export interface AuditRoutes {
  readonly authentication: Authentication;
  readonly actions: ActionDependencies;
  readonly run: RunAction;
  readonly draining: AbortSignal;
}

/** Audit events as JSON Lines, and as server-sent events while they come. */
export function registerAuditRoutes(
  app: FastifyInstance,
  { authentication, actions, run, draining }: AuditRoutes,
): void {
  registerStream(app, authentication, {
    path: beginAuditExport.rest.path,
    input: beginAuditExport.input,
    renderingOf: () => asJsonLines,
    open: (identity, input) => exportAuditEvents(actions, identity, input),
  });

  const spellings = spellingsOf(jsonSchemaOf(auditStreamInput, 'input'));
  const open = new OpenStreams(mostStreams);
  app.get(auditStreamPath, { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
    const identity = await authentication.requireMember(request);
    const { cursor: asked, ...filter } = parseInput(auditStreamInput, readQuery(request.query ?? {}, spellings));
    const resumed = parseInput(lastEvent, request.headers['last-event-id']) ?? asked;
    const ask = async (cursor: string | undefined) =>
      followAuditEvents.output.parse(await run(followAuditEvents, identity, { ...filter, cursor }));
    const first = await ask(resumed); // a refusal is a status, not an event
    return sendEvents(request, reply, (signal) =>
      open.count(identity.userId, followEvents({ name: 'audit', ask, first, signal, draining })),
    );
  });
}
