import apiReference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { createDocument } from './document.ts';

/** Everything that the page needs comes from here, and nothing else may be loaded: no fonts, no proxy, no telemetry. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** /openapi.json, and /docs to read it. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  const document = JSON.stringify(createDocument());
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', contentSecurityPolicy);
    });
    await scope.register(apiReference, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Granary API',
        withDefaultFonts: false,
        proxyUrl: '',
        telemetry: false,
        hideClientButton: true,
      },
    });
  });
}
