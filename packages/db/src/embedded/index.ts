export type { EmbeddedUser } from './account.ts';
export { openCache } from './cache.ts';
export { EmbeddedPostgresError, UnsupportedPlatformError } from './errors.ts';
export { freePort } from './ports.ts';
export { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from './start.ts';
