import { createHash } from 'node:crypto';
import { pipeline, type Readable, Transform } from 'node:stream';
import { DomainError, type ObjectStore, openFeedFile } from '@granary/domain';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import { sendFile } from '../originals/send-object.ts';
import { fastifyPath } from '../rest/action-routes.ts';
import { jsonSchemaOf } from '../rest/json-schema.ts';
import { type AddressedRequest, readQuery, spellingsOf } from '../rest/read-query.ts';

/** A file of the feed, as its manifest describes it. Ranges resume a broken download. */
export function registerFeedFiles(
  app: FastifyInstance,
  dependencies: {
    readonly authentication: Authentication;
    readonly run: RunAction;
    readonly objectStore: ObjectStore;
  },
): void {
  const { authentication, run, objectStore } = dependencies;
  const spellings = spellingsOf(jsonSchemaOf(openFeedFile.input, 'input'));
  app.route({
    method: ['GET', 'HEAD'],
    url: fastifyPath(openFeedFile.rest.path),
    handler: async (request: AddressedRequest, reply: FastifyReply) => {
      const identity = await authentication.requireMember(request);
      const input = readQuery({ ...request.query, ...request.params }, spellings);
      const { path, ...file } = openFeedFile.output.parse(await run(openFeedFile, identity, input));
      return sendFile(
        {
          ...file,
          async read(part) {
            const opened = await objectStore.readPublished?.(path, part);
            // the day is being made anew: its manifest comes last
            if (!opened || opened.bytes !== file.bytes) {
              opened?.content.destroy();
              throw replaced();
            }
            return part ? opened.content : checked(opened.content, file.sha256);
          },
        },
        request,
        reply,
      );
    },
  });
}

const replaced = () => new DomainError('unavailable', 'the files of this day are being replaced: try again');

/** Of another digest than was promised, it breaks off before its end. */
function checked(content: Readable, sha256: string): Readable {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  const checking = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      done(null, before);
    },
    flush(done) {
      if (hash.digest('hex') === sha256) done(null, held);
      else done(replaced());
    },
  });
  pipeline(content, checking, () => {}); // what goes wrong destroys both, and whoever reads the result hears of it
  return checking;
}
