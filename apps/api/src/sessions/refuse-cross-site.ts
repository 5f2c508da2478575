import { DomainError } from '@granary/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerSettings } from '../env.ts';
import { allowsOrigin } from '../http/origins.ts';
import { tokenOf } from './session-cookie.ts';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site makes a browser send: every request that changes something says where it comes from, and that
 * is here or a configured frontend. Without a cookie a request that says nothing is a program's, and passes; with one it
 * does not, since every browser says it.
 */
export function refuseCrossSite(app: FastifyInstance, settings: ServerSettings): void {
  app.addHook('onRequest', async (request) => {
    const { method, headers } = request;
    if (safe.has(method) || headers.authorization !== undefined) return;
    if (!comesFromHere(request, settings))
      throw new DomainError('forbidden', 'refused: the request comes from another site, or does not say from where');
  });
}

function comesFromHere(request: FastifyRequest, settings: ServerSettings): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return isOwn(origin, request) || allowsOrigin(settings, origin);
  return site === undefined ? tokenOf(request) === undefined : site === 'same-origin';
}

const isOwn = (origin: string, { host, protocol }: FastifyRequest): boolean => origin === `${protocol}://${host}`;
