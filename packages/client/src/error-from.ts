import { TRPCClientError } from '@trpc/client';
import { type ErrorKind, errorKinds } from './contract.gen.ts';
import { GranaryError, type GranaryErrorKind } from './errors.ts';

const kindsByStatus: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'not_found',
  412: 'precondition',
  413: 'limit_reached',
  422: 'invalid',
  429: 'limit_reached',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** What a call failed with, whatever threw it. */
export function errorFrom(error: unknown, signal?: AbortSignal): GranaryError {
  if (signal?.aborted) return abortedError(signal);
  if (error instanceof GranaryError) return error;
  if (!(error instanceof TRPCClientError)) return new GranaryError('internal', messageOf(error), { cause: error });
  if (error.cause instanceof GranaryError) return error.cause;
  if (!isRecord(error.data))
    // an answer that broke off, or that is not the API's
    return new GranaryError(error.cause instanceof TypeError ? 'network' : 'internal', error.message, { cause: error });
  const { httpStatus } = error.data;
  return errorFromFacts(typeof httpStatus === 'number' ? httpStatus : undefined, error.message, error.data, error);
}

/** What an answer other than 2xx means: problem+json (RFC 9457) of the API, or the words of what stands before it. */
export async function errorFromResponse(response: Response): Promise<GranaryError> {
  const text = await response.text().catch(() => '');
  return errorFromBody(response.status, text, response.headers.get('x-request-id'));
}

export function errorFromBody(status: number, text: string, requestId?: string | null): GranaryError {
  const body = parseRecord(text);
  const message = [body.detail, body.message, body.title].find((each) => typeof each === 'string' && each);
  return errorFromFacts(status, message ? String(message) : `the API answered ${status}`, {
    ...body,
    requestId: body.instance ?? requestId,
  });
}

export const abortedError = (signal?: AbortSignal): GranaryError =>
  new GranaryError('aborted', 'the call was aborted', { cause: signal?.reason });

export const isErrorKind = (kind: unknown): kind is ErrorKind => errorKinds.some((known) => known === kind);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function errorFromFacts(
  status: number | undefined,
  message: string,
  { kind, details, requestId }: Record<string, unknown>,
  cause?: unknown,
): GranaryError {
  const known: GranaryErrorKind = isErrorKind(kind) ? kind : (kindsByStatus[status ?? 0] ?? 'internal');
  return new GranaryError(known, message, {
    status,
    details: isRecord(details) ? details : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    cause,
  });
}

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
