/** Nothing embedded can run here; the message says what the operator can do instead. */
export class UnsupportedPlatformError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `the embedded PostgreSQL cannot run on ${process.platform}-${process.arch}: ${reason}. ` +
        'Set DATABASE_URL to a PostgreSQL server of version 15 or later instead.',
      options,
    );
    this.name = 'UnsupportedPlatformError';
  }
}

/** The embedded server exists but could not be started or used. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
