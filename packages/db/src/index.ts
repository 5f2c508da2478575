export { createPool, type PoolOptions } from './pool.ts';
export type { TextRow } from './session/batch-query.ts';
export { claimsOf, type Identity } from './session/identity.ts';
export {
  asSystem,
  asUser,
  createDatabase,
  type Database,
  query,
  type Reader,
  readAsUser,
  type SystemDb,
  type SystemReason,
  type TenantDb,
} from './session/session.ts';
export { type DatabaseSettings, databaseEnvironment } from './settings.ts';
export { typeParsers } from './type-parsers.ts';
export type { DB } from './types.gen.ts';
