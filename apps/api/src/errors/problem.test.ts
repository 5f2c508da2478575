import { DomainError, errorKinds } from '@granary/domain';
import { describe, expect, test } from 'vitest';
import { toTrpcError } from '../trpc/trpc-errors.ts';
import { HttpError } from './http-error.ts';
import { problemOf } from './problem.ts';

const expected = {
  invalid: [400, 'BAD_REQUEST'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'FORBIDDEN'],
  not_found: [404, 'NOT_FOUND'],
  conflict: [409, 'CONFLICT'],
  precondition: [412, 'PRECONDITION_FAILED'],
  limit_reached: [429, 'TOO_MANY_REQUESTS'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
};

describe.each(errorKinds)('%s', (kind) => {
  const error = new DomainError(kind, 'in words', { limit: 3 });

  test('is a problem document with its status', () => {
    expect(problemOf(error, 'r-1')).toEqual({
      isDefect: false,
      problem: {
        type: `urn:granary:problem:${kind}`,
        title: expect.any(String),
        status: expected[kind][0],
        detail: 'in words',
        kind,
        details: { limit: 3 },
        instance: 'r-1',
      },
    });
  });

  test('is a tRPC error with its code', () => {
    expect(toTrpcError(error)).toMatchObject({ code: expected[kind][1], message: 'in words' });
  });
});

test('what has no kind tells nothing, in either form', () => {
  const error = new Error('password=hunter2 at /srv/secret.ts');
  expect(problemOf(error, 'r-2')).toMatchObject({ isDefect: true, problem: { status: 500, detail: 'internal error' } });
  expect(JSON.stringify(problemOf(error, 'r-2'))).not.toContain('hunter2');
  expect(toTrpcError(error)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message: 'internal error' });
});

test('a refusal that only HTTP knows keeps its status, one of a server error does not keep its words', () => {
  expect(problemOf(new HttpError(416, 'outside'), 'r-3').problem).toMatchObject({ status: 416, kind: 'invalid' });
  const ours = Object.assign(new Error('leaks'), { statusCode: 500 });
  expect(problemOf(ours, 'r-4').problem).toMatchObject({ status: 500, detail: 'internal error' });
});
