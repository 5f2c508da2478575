import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Member } from '@granary/db';
import {
  abortUpload,
  beginUpload,
  DomainError,
  type EncryptionDependencies,
  getUpload,
  openUploadKeys,
} from '@granary/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RunAction } from '../actions/run-action.ts';
import type { Authentication } from '../authentication/authenticator.ts';
import type { ServerSettings } from '../env.ts';
import { HttpError } from '../errors/http-error.ts';
import type { CompleteUpload } from './complete-upload.ts';
import { handOver } from './hand-over.ts';
import type { LandingStore } from './landing-store.ts';
import { readCreation, requireTusVersion, tusVersion } from './tus-headers.ts';
import { createTusServer, type Transfer } from './tus-server.ts';

export interface UploadDependencies {
  readonly authentication: Authentication;
  readonly run: RunAction;
  readonly landing: LandingStore;
  readonly complete: CompleteUpload;
  readonly transfers: AsyncLocalStorage<Transfer>;
  readonly settings: ServerSettings;
  readonly encryption: EncryptionDependencies;
}

type Row = z.output<typeof getUpload.output>;
type Addressed = FastifyRequest<{ Params: { uploadId: string } }>;

/**
 * Resumable uploads by the tus protocol at /files. Our table decides whose an upload is, how long and whether it is still
 * open; tus moves the bytes. There is no GET: what was uploaded is served as the original of a version.
 */
export async function registerUploads(app: FastifyInstance, dependencies: UploadDependencies): Promise<void> {
  const { authentication, run, landing, complete, transfers, settings, encryption } = dependencies;

  const find = async (transfer: Pick<Transfer, 'identity'>, uploadId: string): Promise<Row> => {
    if (!z.uuid().safeParse(uploadId).success) throw noSuchUpload();
    return getUpload.output.parse(await run(getUpload, transfer.identity, { uploadId }));
  };
  const keyOf = async (identity: Member, { id, sealed }: Row): Promise<Uint8Array | null> => {
    if (!sealed) return null;
    const keys = await openUploadKeys(encryption, identity, id);
    if (!keys) throw noSuchUpload(); // it is not open any more
    return keys.bytes;
  };
  const finish = async ({ identity, upload }: Transfer): Promise<void> => {
    if (await complete(identity, upload)) return;
    const { state } = await find({ identity }, upload.id); // another request may have been quicker
    if (state !== 'finished') throw noSuchUpload();
  };
  const current = (): Transfer => transfers.getStore() ?? missingTransfer();
  const tus = createTusServer({ landing, finish, settings, current });

  const transferBytes = (request: FastifyRequest, reply: FastifyReply, transfer: Transfer, expiresAt: string): void => {
    reply.header('upload-expires', new Date(expiresAt).toUTCString());
    void transfers.run(transfer, () => handOver(tus, request, reply));
  };

  await app.register(async (scope) => {
    scope.addContentTypeParser('application/offset+octet-stream', (_request, _payload, done) => done(null));
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('tus-resumable', tusVersion).header('tus-version', tusVersion).header('cache-control', 'no-store');
      if (request.method !== 'OPTIONS') requireTusVersion(request.headers);
    });
    scope.addHook('onClose', () => landing.idle()); // what was received is written before the process ends

    scope.post('/files', { config: { bodyDeadline: false } }, async (request, reply) => {
      const identity = await authentication.requireMember(request);
      const input = readCreation(request.headers, settings.maxUploadBytes);
      const upload = beginUpload.output.parse(await run(beginUpload, identity, input));
      const fileKey = await keyOf(identity, upload);
      transferBytes(request, reply, { request, identity, upload, fileKey }, upload.expiresAt);
      return reply;
    });

    scope.route({
      method: ['HEAD', 'PATCH', 'DELETE'],
      url: '/files/:uploadId',
      config: { bodyDeadline: false },
      handler: async (request: Addressed, reply: FastifyReply) => {
        const identity = await authentication.requireMember(request);
        const upload = await find({ identity }, request.params.uploadId);
        if (request.method === 'DELETE') await run(abortUpload, identity, { uploadId: upload.id });
        else if (upload.state === 'finished') return answerFinished(upload, request, reply);
        else if (upload.state !== 'open' || Date.parse(upload.expiresAt) <= Date.now())
          throw new HttpError(410, 'the upload was given up or has expired');
        // a crash, or a connection that broke at the last byte, left it complete and unfinished
        else if (await complete(identity, upload)) return answerFinished(upload, request, reply);
        const fileKey = request.method === 'PATCH' ? await keyOf(identity, upload) : null;
        transferBytes(request, reply, { request, identity, upload, fileKey }, upload.expiresAt);
        return reply;
      },
    });

    for (const url of ['/files', '/files/:uploadId']) {
      scope.options(url, { config: { cors: { preflightContinue: true }, rateLimit: false } }, async (_request, reply) =>
        reply
          .code(204)
          .header('tus-extension', landing.extensions.join(','))
          .header('tus-max-size', settings.maxUploadBytes)
          .send(),
      );
    }
  });
}

/** Nothing is missing: HEAD says so, a PATCH that adds nothing is fine, and one that adds something came too late. */
function answerFinished({ bytes }: Row, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('upload-offset', bytes).header('upload-length', bytes);
  if (request.method === 'HEAD') return reply.code(200).send();
  if (Number(request.headers['upload-offset']) !== bytes) throw new HttpError(409, 'the upload is finished');
  return reply.code(204).send();
}

const noSuchUpload = (): DomainError => new DomainError('not_found', 'no such upload');

function missingTransfer(): never {
  throw new Error('tus was called outside a transfer');
}
