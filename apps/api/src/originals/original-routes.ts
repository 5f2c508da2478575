import { pipeline, type Readable } from 'node:stream';
import type { Identity } from '@granary/db';
import {
  type EncryptionDependencies,
  fileCipher,
  type ObjectStore,
  openFileKeys,
  openOriginal,
  parseInput,
} from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { HttpError } from '../errors/http-error.ts';
import { attachment } from '../http/content-disposition.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';
import { byteRange } from './byte-range.ts';

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
 * decrypted on its way out.
 */
export function registerOriginals(app: FastifyInstance, dependencies: OriginalDependencies): void {
  const spellings = spellingsOf(jsonSchemaOf(openOriginal.input, 'input'));
  for (const path of [openOriginal.rest.path, currentOriginalPath]) {
    app.route({
      method: ['GET', 'HEAD'], // Fastify's own HEAD would count the bytes that it does not send
      url: fastifyPath(path),
      handler: async (request: AddressedRequest, reply: FastifyReply) => {
        const identity = await dependencies.authentication.require(request);
        const input = readQuery({ ...request.query, ...request.params }, spellings);
        return sendOriginal(dependencies, identity, input, request, reply);
      },
    });
  }
}

async function sendOriginal(
  { run, objectStore, encryption }: OriginalDependencies,
  identity: Identity,
  input: unknown,
  { method, headers }: AddressedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { datasetId } = parseInput(openOriginal.input, input);
  const { sha256, bytes, fileName, sealedFileId } = openOriginal.output.parse(await run(openOriginal, identity, input));
  const keys = sealedFileId && (await openFileKeys(encryption, identity, { datasetId, fileId: sealedFileId }));
  const tag = `"${sha256}"`;
  if (headers['if-none-match'] === tag) return reply.code(304).header('etag', tag).send();

  const isStale = headers['if-range'] !== undefined && headers['if-range'] !== tag;
  const range = method === 'GET' && !isStale ? byteRange(headers.range, bytes) : 'whole';
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${bytes}`);
    throw new HttpError(416, `the range is outside the file, which has ${bytes} bytes`);
  }
  const part = range === 'whole' ? undefined : range;
  const key = { tenantId: identity.tenantId, sha256 };
  const stored = method === 'HEAD' ? undefined : await objectStore.read(key, part).catch(lost);
  const content = stored && keys ? deciphered(stored, keys.bytes, part?.start ?? 0) : stored;
  if (part) reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${bytes}`);
  return reply
    .header('content-length', part ? part.end - part.start + 1 : bytes)
    .header('etag', tag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', attachment(fileName))
    .type('application/octet-stream') // whatever it is, a browser must not show it in our origin
    .send(content);
}

/** The catalogue promises it, so its absence is a defect, not an answer. */
function lost(cause: unknown): never {
  throw new Error('the original cannot be read from the object store', { cause });
}

function deciphered(stored: Readable, key: Uint8Array, offset: number): Readable {
  const plain = fileCipher(key, offset);
  pipeline(stored, plain, () => {}); // what goes wrong destroys both, and whoever reads the result hears of it
  return plain;
}
