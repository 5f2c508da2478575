import { DomainError, type ErrorDetails, toDomainError } from '@granary/domain';
import { TRPCError, type TRPCErrorShape } from '@trpc/server';
import { kinds, type PublicKind } from '../errors/kinds.ts';

/** What a client finds in `error.data` beside tRPC's own code, status and path. */
export interface ErrorData {
  readonly kind: PublicKind;
  readonly details: ErrorDetails;
  readonly requestId: string | null;
}

/** A failure with tRPC's code for its kind; what has no kind says nothing but 'internal error'. */
export function toTrpcError(error: unknown): TRPCError {
  const known = toDomainError(error);
  return known instanceof DomainError
    ? new TRPCError({ code: kinds[known.kind].code, message: known.message, cause: known })
    : new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'internal error', cause: error });
}

const kindOfCode: Partial<Record<TRPCError['code'], PublicKind>> = {
  ...Object.fromEntries(Object.entries(kinds).map(([kind, { code }]) => [code, kind])),
  PARSE_ERROR: 'invalid',
  METHOD_NOT_SUPPORTED: 'invalid',
  UNSUPPORTED_MEDIA_TYPE: 'invalid',
  PAYLOAD_TOO_LARGE: 'limit_reached',
};

/** tRPC's error shape with our kind, details and the request's id. */
export function formatError<Shape extends TRPCErrorShape>(
  shape: Shape,
  error: TRPCError,
  requestId: string | undefined,
): Shape & { data: Shape['data'] & ErrorData } {
  const { cause, code } = error;
  const kind = cause instanceof DomainError ? cause.kind : (kindOfCode[code] ?? 'internal');
  const details = cause instanceof DomainError ? cause.details : {};
  const message = kind === 'internal' ? 'internal error' : shape.message;
  return { ...shape, message, data: { ...shape.data, kind, details, requestId: requestId ?? null } };
}
