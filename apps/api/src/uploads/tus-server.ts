import type { Member } from '@granary/db';
import { Server } from '@tus/server';
import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../env.ts';
import { reportFailure } from '../errors/handle-errors.ts';
import { HttpError } from '../errors/http-error.ts';
import { allowsOrigin } from '../http/origins.ts';
import { exposedHeaders } from '../http/protect.ts';
import type { CurrentUpload, LandingStore } from './landing-store.ts';

/** One request about one upload, whose owner was found to be asking. */
export interface Transfer extends CurrentUpload {
  readonly request: FastifyRequest;
  readonly identity: Member;
}

export interface TusServerOptions {
  readonly landing: LandingStore;
  /** Called when all bytes are there, before the client is told so. */
  finish(transfer: Transfer): Promise<void>;
  readonly settings: ServerSettings;
  /** The transfer that the code at hand works for. */
  current(): Transfer;
}

/** The tus protocol (1.0.0) over the landing store. Who may, what it is called and how long it is, the transfer says. */
export function createTusServer({ landing, finish, settings, current }: TusServerOptions): Server {
  return new Server({
    path: '/files',
    datastore: landing,
    relativeLocation: true,
    maxSize: settings.maxUploadBytes,
    lockDrainTimeout: 500, // whoever resumes while the broken connection still counts as open waits this long
    allowedOrigins: (origin) => allowsOrigin(settings, origin),
    allowedCredentials: true,
    exposedHeaders,
    namingFunction: () => current().upload.id,
    getFileIdFromRequest: () => current().upload.id,
    async onUploadFinish() {
      await finish(current()); // before the answer: what was acknowledged is in the store and on disk
      return {};
    },
    onResponseError: (_request, error) => {
      const refusal =
        'status_code' in error && error.status_code < 500 ? new HttpError(error.status_code, error.body.trim()) : error;
      const { problem } = reportFailure(refusal, current().request);
      return { status_code: problem.status, body: JSON.stringify(problem) };
    },
  });
}
