import type { ErrorKind } from '@granary/domain';

/** What each kind of failure is in HTTP and in tRPC. A new kind does not compile until it has its line. */
export const kinds = {
  invalid: { status: 400, code: 'BAD_REQUEST', title: 'The request does not fit' },
  unauthenticated: { status: 401, code: 'UNAUTHORIZED', title: 'Not signed in' },
  forbidden: { status: 403, code: 'FORBIDDEN', title: 'Not allowed' },
  not_found: { status: 404, code: 'NOT_FOUND', title: 'Not found' },
  conflict: { status: 409, code: 'CONFLICT', title: 'Conflict' },
  precondition: { status: 412, code: 'PRECONDITION_FAILED', title: 'Not possible in the present state' },
  limit_reached: { status: 429, code: 'TOO_MANY_REQUESTS', title: 'A limit is reached' },
  unavailable: { status: 503, code: 'SERVICE_UNAVAILABLE', title: 'Temporarily not available' },
} as const satisfies Record<ErrorKind, { status: number; code: string; title: string }>;

/** A defect of ours has no kind of its own in the domain, and tells callers nothing but the request's id. */
export type PublicKind = ErrorKind | 'internal';
