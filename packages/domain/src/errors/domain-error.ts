/** The few ways in which an operation can fail; each transport maps them exhaustively. */
export const errorKinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'precondition',
  'limit_reached',
  'unavailable',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

/** What a client may know beside the message: field paths, limits, names. JSON only, never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The only error whose message a client may see; everything else is an internal error. A foreign tenant's thing, or a
 * colleague's private one, is `not_found`, never `forbidden`.
 */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DomainError';
    this.kind = kind;
    this.details = details;
  }
}
