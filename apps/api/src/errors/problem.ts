import { DomainError, type ErrorDetails, type ErrorKind, toDomainError } from '@granary/domain';
import { z } from 'zod';
import { kinds, type PublicKind } from './kinds.ts';

/** RFC 9457, with our kind and details as extension members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly kind: PublicKind;
  readonly details: ErrorDetails;
  /** The request's id, which the log has as well. */
  readonly instance: string;
}

export const problemType = 'application/problem+json; charset=utf-8';

/** What Fastify and its plugins throw: a status, and words that speak of the request alone. */
const httpError = z.object({ statusCode: z.int().min(400).max(499), message: z.string() });

const kindOfStatus: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'limit_reached',
  429: 'limit_reached',
};

/** A failure as its caller may see it; `isDefect` when it is ours and belongs into the log. */
export function problemOf(error: unknown, requestId: string): { problem: Problem; isDefect: boolean } {
  const known = toDomainError(error);
  if (known instanceof DomainError) {
    const { status } = kinds[known.kind];
    return { problem: problem(known.kind, status, known.message, known.details, requestId), isDefect: false };
  }
  const http = httpError.safeParse(error);
  if (http.success) {
    const { statusCode, message } = http.data;
    return {
      problem: problem(kindOfStatus[statusCode] ?? 'invalid', statusCode, message, {}, requestId),
      isDefect: false,
    };
  }
  return { problem: problem('internal', 500, 'internal error', {}, requestId), isDefect: true };
}

function problem(kind: PublicKind, status: number, detail: string, details: ErrorDetails, instance: string): Problem {
  const title = kind === 'internal' ? 'Internal error' : kinds[kind].title;
  return { type: `urn:granary:problem:${kind}`, title, status, detail, kind, details, instance };
}
