import { type ObjectStore, openExport, parseInput } from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { sendObject } from '../originals/send-object.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';

/** The file of an export, to whoever asked for it and may still read the dataset. Ranges resume a broken download. */
export function registerExportFiles(
  app: FastifyInstance,
  dependencies: {
    readonly authentication: Authentication;
    readonly run: RunAction;
    readonly objectStore: ObjectStore;
  },
): void {
  const { authentication, run, objectStore } = dependencies;
  const spellings = spellingsOf(jsonSchemaOf(openExport.input, 'input'));
  app.route({
    method: ['GET', 'HEAD'],
    url: fastifyPath(openExport.rest.path),
    handler: async (request: AddressedRequest, reply: FastifyReply) => {
      const identity = await authentication.requireMember(request);
      const input = readQuery({ ...request.query, ...request.params }, spellings);
      const { redirect } = parseInput(openExport.input, input);
      const opened = openExport.output.parse(await run(openExport, identity, input));
      return sendObject(objectStore, identity, { ...opened, redirect }, request, reply);
    },
  });
}
