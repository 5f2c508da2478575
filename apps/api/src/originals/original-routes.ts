import type { Member } from '@granary/db';
import { type EncryptionDependencies, type ObjectStore, openFileKeys, openOriginal, parseInput } from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { sendObject } from './send-object.ts';

export const currentOriginalPath = '/v1/datasets/{datasetId}/original';

export interface OriginalDependencies {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly objectStore: ObjectStore;
  readonly encryption: EncryptionDependencies;
}

/**
 * The file that a version was loaded from, byte for byte: a named version's, or the current one's. A digest opens
 * nothing: what is read is what the catalogue says, for whom it says so. Ranges resume a broken download. A sealed file is
 * decrypted on its way out, and never redirected to.
 */
export function registerOriginals(app: FastifyInstance, dependencies: OriginalDependencies): void {
  const spellings = spellingsOf(jsonSchemaOf(openOriginal.input, 'input'));
  for (const path of [openOriginal.rest.path, currentOriginalPath]) {
    app.route({
      method: ['GET', 'HEAD'], // Fastify's own HEAD would count the bytes that it does not send
      url: fastifyPath(path),
      handler: async (request: AddressedRequest, reply: FastifyReply) => {
        const identity = await dependencies.authentication.requireMember(request);
        const input = readQuery({ ...request.query, ...request.params }, spellings);
        return sendOriginal(dependencies, identity, input, request, reply);
      },
    });
  }
}

async function sendOriginal(
  { run, objectStore, encryption }: OriginalDependencies,
  identity: Member,
  input: unknown,
  request: AddressedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { datasetId, redirect } = parseInput(openOriginal.input, input);
  const { sealedFileId, ...opened } = openOriginal.output.parse(await run(openOriginal, identity, input));
  const keys =
    sealedFileId === null ? null : await openFileKeys(encryption, identity, { datasetId, fileId: sealedFileId });
  return sendObject(objectStore, identity, { ...opened, key: keys?.bytes, redirect }, request, reply);
}
