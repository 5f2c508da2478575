export { checkSecurity, type SecurityDefect } from './check/check-security.ts';
export { ensureLogins, type Login, type LoginOptions, type LoginUrls, loginRoles } from './logins/ensure-logins.ts';
export { PreflightError, preflight } from './logins/preflight.ts';
export { MigrationError } from './migrations/errors.ts';
export { migrate } from './migrations/migrate.ts';
export { type MigrationStatus, migrationStatus } from './migrations/migration-status.ts';
export { newMigration } from './migrations/new-migration.ts';
export { type PrepareOptions, prepareDatabase } from './migrations/prepare-database.ts';
export { migrationsDirectory } from './migrations/read-migrations.ts';
export { withScratchDatabase } from './migrations/scratch-database.ts';
export { createPool, type OpenedPool, openPool, type PoolOptions } from './pool.ts';
export type { TextRow } from './session/batch-query.ts';
export { claimsOf, type Identity, type Member, type Operator, type Visit } from './session/identity.ts';
export {
  asIdentity,
  asUser,
  createDatabase,
  type Database,
  type IdentityDb,
  query,
  type Reader,
  readAsUser,
  type TenantDb,
  turnTo,
  type WatchedRead,
} from './session/session.ts';
export {
  asUserOnConnection,
  onMemberSnapshot,
  onSystemConnection,
  onSystemSnapshot,
  onUserSnapshot,
} from './session/system-connection.ts';
export { asSystem, onceAsSystem, type SystemDb, type SystemReason, together } from './session/system-session.ts';
export { type DatabaseSettings, databaseEnvironment } from './settings.ts';
export { typeParsers } from './type-parsers.ts';
export type { DB } from './types.gen.ts';
export { withClient } from './with-client.ts';
