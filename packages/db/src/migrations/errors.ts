/** A database that must not be migrated as it is; the message says why and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}
