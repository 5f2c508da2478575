import type { Member } from '@granary/db';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Authentication } from '../authentication/authenticator.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { type Rendering, type StreamedRows, sendRows } from './send-rows.ts';

export interface StreamRoute {
  readonly path: string;
  /** Everything that the address may say. */
  readonly input: z.ZodType;
  renderingOf(input: unknown): Rendering;
  open(identity: Member, input: unknown): Promise<StreamedRows>;
}

/** A route that streams rows, in constant memory however many there are. */
export function registerStream(app: FastifyInstance, authentication: Authentication, route: StreamRoute): void {
  const spellings = spellingsOf(jsonSchemaOf(route.input, 'input'));
  app.get(fastifyPath(route.path), { exposeHeadRoute: false }, async (request: AddressedRequest, reply) => {
    const identity = await authentication.requireMember(request);
    const input = readQuery({ ...request.query, ...request.params }, spellings);
    const rendering = route.renderingOf(input);
    const rows = await route.open(identity, input);
    const first = await rows.pages.next(); // what fails before the first byte still has a status
    return sendRows(reply, rendering, rows, first, (error) => reportFailure(error, request));
  });
}
