import type { Identity, Visit } from '@granary/db';
import { type Action, HeldSession } from '@granary/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../authentication/authenticator.ts';
import { dropToken, keepToken } from '../sessions/session-cookie.ts';
import type { RunAction } from './run-action.ts';

/** Runs an action for whoever sent the request, and lets the client keep what it is to keep. */
export type ServeAction = (
  action: Action,
  request: FastifyRequest,
  reply: FastifyReply,
  input: unknown,
) => Promise<unknown>;

export function createActionServer(authentication: Authentication, run: RunAction): ServeAction {
  const callerOf = async (action: Action, request: FastifyRequest): Promise<Identity | Visit> =>
    action.access === 'public' ? authentication.visit(request) : authentication.require(request);

  return async (action, request, reply, input) => {
    const held = new HeldSession();
    const output = await run(action, await callerOf(action, request), input, held);
    applyTo(reply, held);
    return output;
  };
}

function applyTo(reply: FastifyReply, { change }: HeldSession): void {
  if (change === 'ended') dropToken(reply);
  else if (change) keepToken(reply, change.token, Math.ceil((change.expiresAt.getTime() - Date.now()) / 1000));
}
