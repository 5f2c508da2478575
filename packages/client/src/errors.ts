import type { ErrorKind } from './contract.gen.ts';

/**
 * What went wrong: the API's own kinds; `internal` when it failed without saying why, `network` when it was not reached
 * or the connection broke, `aborted` when the caller's signal ended the call.
 */
export type GranaryErrorKind = ErrorKind | 'internal' | 'network' | 'aborted';

/** What tRPC's own clients find in `error.data`, beside tRPC's code and path. */
export interface ErrorData {
  readonly kind: ErrorKind | 'internal';
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
}

export interface GranaryErrorFacts {
  /** What the API says beside the message: field paths, limits, names. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Names the request in the API's logs. */
  readonly requestId?: string | undefined;
  /** The HTTP status, if there was an answer. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that calls of the client reject with.
 *
 * @example
 * try {
 *   await client.datasets.get({ datasetId });
 * } catch (error) {
 *   if (isGranaryError(error, 'not_found')) return null;
 *   throw error;
 * }
 */
export class GranaryError extends Error {
  readonly kind: GranaryErrorKind;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  readonly status: number | undefined;

  constructor(kind: GranaryErrorKind, message: string, { details, requestId, status, cause }: GranaryErrorFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GranaryError';
    this.kind = kind;
    this.details = details ?? {};
    this.requestId = requestId;
    this.status = status;
  }
}

/** Whether it is an error of the client, and of the given kind if one is given. */
export function isGranaryError<Kind extends GranaryErrorKind = GranaryErrorKind>(
  error: unknown,
  kind?: Kind,
): error is GranaryError & { readonly kind: Kind } {
  return error instanceof GranaryError && (kind === undefined || error.kind === kind);
}
