import type { GranaryError, GranaryErrorKind } from '@granary/client';
import { QueryClient } from '@tanstack/query-core';

// every `error` of a query or mutation is a GranaryError, so that its kind is typed where it is shown
declare module '@tanstack/query-core' {
  interface Register {
    defaultError: GranaryError;
  }
}

/** Whether asking again may help. A kind that the API gets later does not compile until it has its line. */
const passes = {
  network: true,
  unavailable: true,
  limit_reached: true,
  internal: false,
  invalid: false,
  unauthenticated: false,
  forbidden: false,
  not_found: false,
  conflict: false,
  precondition: false,
  aborted: false,
} satisfies Record<GranaryErrorKind, boolean>;

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: { queries: { staleTime: 10_000, retry: (failures, { kind }) => passes[kind] && failures < 3 } },
  });
