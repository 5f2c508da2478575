import { DomainError, toDomainError } from '@granary/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, problemType } from './problem.ts';

/**
 * Answers every failure as a problem document: thrown by a handler, a hook or the parser, and routes that do not exist,
 * which count against the caller's rate limit as well.
 */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler(sendProblem);
  const limit = app.hasDecorator('rateLimit') ? { preHandler: app.rateLimit() } : {};
  app.setNotFoundHandler(limit, (request, reply) =>
    sendProblem(new DomainError('not_found', `there is no ${request.method} here`), request, reply),
  );
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem } = reportFailure(error, request);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(problem.status)
    .header('x-request-id', request.id) // an address that cannot be decoded reaches no hook
    .type(problemType)
    .send(JSON.stringify(problem));
}

/** The problem, with what its caller must not see in the log: the cause of a defect or of an outage. */
export function reportFailure(error: unknown, request: FastifyRequest): ReturnType<typeof problemOf> {
  const result = problemOf(error, request.id);
  const known = toDomainError(error);
  if (result.isDefect) request.log.error({ err: error }, 'internal error');
  else if (known instanceof DomainError && known.kind === 'unavailable')
    request.log.warn({ err: known }, 'unavailable');
  return result;
}
