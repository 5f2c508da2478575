export const readErrorKinds = [
  'not_a_table',
  'corrupt',
  'too_large',
  'unsupported',
  'bad_options',
  'choice_needed',
  'crashed',
] as const;

/**
 * - `not_a_table`: readable, but prose, a picture, HTML, one JSON value …
 * - `corrupt`: begins as what it claims to be and is damaged or cut off
 * - `too_large`: past a limit (columns, decompressed bytes)
 * - `unsupported`: a table perhaps, in a format that is not read (yet)
 * - `bad_options`: what the user said about the file is not true of it: a column that it has not
 * - `choice_needed`: several tables, and nobody said which, or one was named that is not there: the message lists them
 * - `crashed`: the reading process died or broke its word; trying again may help, a file that does it thrice is hostile
 */
export type ReadErrorKind = (typeof readErrorKinds)[number];

/** Why a file could not be read. The message is made for the user who uploaded it: what is wrong, and where. */
export class ReadError extends Error {
  readonly kind: ReadErrorKind;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    kind: ReadErrorKind,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReadError';
    this.kind = kind;
    this.details = details;
  }
}
