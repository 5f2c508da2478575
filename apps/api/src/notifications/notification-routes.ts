import { followNotifications, parseInput } from '@granary/domain';
import type { FastifyInstance } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { followEvents } from '../event-streams/follow-events.ts';
import { OpenStreams } from '../event-streams/open-streams.ts';
import { sendEvents } from '../event-streams/send-events.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';

export const notificationStreamPath = '/v1/notifications/events';
/** Everything that the address of the stream takes. */
export const notificationStreamInput = followNotifications.input.omit({ limit: true });

const mostStreams = 20;

export interface NotificationRoutes {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly draining: AbortSignal;
}

/** What comes into the caller's inbox, as server-sent events. */
export function registerNotificationRoutes(
  app: FastifyInstance,
  { authentication, run, draining }: NotificationRoutes,
): void {
  const spellings = spellingsOf(jsonSchemaOf(notificationStreamInput, 'input'));
  const open = new OpenStreams(mostStreams);
  app.get(notificationStreamPath, { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
    const identity = await authentication.requireMember(request);
    const { cursor: asked } = parseInput(notificationStreamInput, readQuery(request.query ?? {}, spellings));
    const { cursor: resumed = asked } = parseInput(notificationStreamInput, {
      cursor: request.headers['last-event-id'],
    });
    const ask = async (cursor: string | undefined) =>
      followNotifications.output.parse(await run(followNotifications, identity, { cursor }));
    const first = await ask(resumed); // a refusal is a status, not an event
    return sendEvents(request, reply, (signal) =>
      open.count(identity.userId, followEvents({ name: 'notification', ask, first, signal, draining })),
    );
  });
}
