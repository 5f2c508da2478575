/** The command cannot be carried out as it stands; the message says what to do. Exit code 1. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
}

/** The command was called wrongly. Exit code 2. */
export class UsageFailure extends Error {
  override name = 'UsageFailure';
}
