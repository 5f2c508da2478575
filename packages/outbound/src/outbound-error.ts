/** Why a request did not bring an answer. Every kind but `timeout`, `connection` and `name_not_found` will be so again. */
export type OutboundErrorKind =
  | 'invalid_url'
  | 'invalid_request'
  | 'refused_protocol'
  | 'refused_host'
  | 'refused_port'
  | 'refused_address'
  | 'refused_redirect'
  | 'too_many_redirects'
  | 'name_not_found'
  | 'connection'
  | 'tls'
  | 'timeout'
  | 'too_large'
  | 'bad_response'
  | 'aborted';

/**
 * A request that was refused, or failed. The message says what and where, and may be shown to whoever asked for the request: of the
 * URL it names scheme, host and path, because secrets travel in queries.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly kind: OutboundErrorKind;

  constructor(kind: OutboundErrorKind, what: string, where?: URL | string, options?: ErrorOptions) {
    super(where === undefined ? what : `${what} (${typeof where === 'string' ? where : placeOf(where)})`, options);
    this.kind = kind;
  }
}

export const placeOf = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`.slice(0, 300);

/** The one of ours that undici, or a stream, has wrapped. */
export function findOutboundError(error: unknown): OutboundError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof OutboundError) return at;
  return undefined;
}
