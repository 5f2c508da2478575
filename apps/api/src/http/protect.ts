import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import { DomainError, type RequestAllowance } from '@granary/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authentication } from '../authentication/authenticator.ts';
import type { ServerSettings } from '../env.ts';
import { allowsOrigin } from './origins.ts';

/** What a browser page may read of an answer, beside the few headers that it always may. */
export const exposedHeaders = [
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Location',
  'Retry-After',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Offset',
  'X-Request-Id',
];

/** Answers are data: nothing in them may run, be framed or load anything. */
const nothing = "default-src 'none'; frame-ancestors 'none'";

/** Security headers, CORS, load shedding and rate limits for every route that is registered afterwards. */
export async function protect(
  app: FastifyInstance,
  settings: ServerSettings,
  { identify }: Authentication,
  allowance: RequestAllowance,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: false, // helmet would build the same text for each answer
    frameguard: { action: 'deny' },
    // for what only old browsers did with pages
    dnsPrefetchControl: false,
    ieNoOpen: false,
    originAgentCluster: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('content-security-policy', nothing);
    done();
  });
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && allowsOrigin(settings, origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    credentials: true,
    exposedHeaders,
    maxAge: 600,
    strictPreflight: false,
  });
  await app.register(underPressure, {
    maxEventLoopDelay: settings.maxEventLoopDelayMs,
    pressureHandler: async (request, reply) => {
      if (isHealth(request)) return;
      reply.header('retry-after', 1); // clients send again what was turned away before anybody looked at it
      throw new DomainError('unavailable', 'too busy, try again shortly');
    },
  });
  app.addHook('onRequest', async (request) => {
    const identity = await identify(request).catch(() => null); // a bad credential is refused where it is needed
    if (identity?.tenantId) await allowance.take({ ...identity, tenantId: identity.tenantId });
  });
  if (settings.requestsPerMinute === 0) return;
  await app.register(rateLimit, {
    max: async (request) =>
      (await identify(request).catch(() => null))?.requestsPerMinute ?? settings.requestsPerMinute,
    timeWindow: 60_000,
    cache: 50_000,
    // a credential has its own allowance; without a good one the address has
    keyGenerator: async (request) => {
      const identity = await identify(request).catch(() => null);
      return identity?.keyId ?? identity?.userId ?? request.ip;
    },
    errorResponseBuilder: (_request, { max, ttl }) =>
      new DomainError('limit_reached', 'too many requests', { limit: max, retryAfterSeconds: Math.ceil(ttl / 1000) }),
  });
}

const isHealth = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url?.startsWith('/health') ?? false;
