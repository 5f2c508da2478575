import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False where a body may take as long as it keeps coming. */
    bodyDeadline?: boolean;
  }
}

/**
 * Cuts the connection of a request whose body is not there in time, so that nobody can hold handlers open by sending a
 * byte now and then. Node's own requestTimeout is for the whole server, and would end uploads too.
 */
export function limitBodyTime(app: FastifyInstance, milliseconds = 60_000): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { raw, headers, routeOptions } = request;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (hasBody && !raw.complete && routeOptions.config.bodyDeadline !== false) {
      const timer = setTimeout(() => raw.destroy(), milliseconds);
      raw.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
    }
    done(null, payload);
  });
}
