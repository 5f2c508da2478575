import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ObjectStore, openCapture } from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { attachment } from '../http/content-disposition.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import type { AddressedRequest } from '../rest/read-query.ts';

/** A page as it was captured, to whoever may read captures: never to be shown, since strangers wrote it. */
export function registerCaptureBodies(
  app: FastifyInstance,
  dependencies: {
    readonly authentication: Authentication;
    readonly run: RunAction;
    readonly objectStore: ObjectStore;
  },
): void {
  const { authentication, run, objectStore } = dependencies;
  app.route({
    method: 'GET',
    url: fastifyPath(openCapture.rest.path),
    exposeHeadRoute: false,
    handler: async (request: AddressedRequest, reply: FastifyReply) => {
      const identity = await authentication.requireMember(request);
      const { sha256, encoding, bodySha256, bytes } = openCapture.output.parse(
        await run(openCapture, identity, request.params),
      );
      const packed = await objectStore.read({ tenantId: identity.tenantId, sha256 });
      const body = encoding === 'gzip' ? createGunzip() : createZstdDecompress();
      pipeline(packed, body, () => {}); // what goes wrong destroys both, and whoever reads the result hears of it
      return reply
        .header('content-length', bytes)
        .header('etag', `"${bodySha256}"`)
        .header('cache-control', 'private, no-store')
        .header('x-content-type-options', 'nosniff')
        .header('content-disposition', attachment(`capture-${bodySha256.slice(0, 16)}`))
        .type('application/octet-stream')
        .send(body);
    },
  });
}
