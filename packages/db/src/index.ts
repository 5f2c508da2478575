export { createPool, type PoolOptions } from './pool.ts';
export { type DatabaseSettings, databaseEnvironment } from './settings.ts';
export { typeParsers } from './type-parsers.ts';
export type { DB } from './types.gen.ts';
