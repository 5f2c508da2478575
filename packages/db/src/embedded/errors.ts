/** Nothing embedded can run here; the message says what the operator can do instead. */
export class UnsupportedPlatformError extends Error {
  override name = 'UnsupportedPlatformError';

  constructor(platform: string, reason: string, options?: ErrorOptions) {
    const advice = 'Set DATABASE_URL to a PostgreSQL server of version 15 or later instead.';
    super(`the embedded PostgreSQL cannot run on ${platform}: ${reason}. ${advice}`, options);
  }
}

/** The embedded server could not be started or used. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
