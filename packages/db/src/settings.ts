import { z } from 'zod';

const milliseconds = z.coerce.number().int().nonnegative();

/**
 * How the product connects, from GRANARY_DB_* (documented in .env.example). Times are milliseconds unless the name
 * says otherwise; 0 switches a time limit off.
 */
export const databaseEnvironment = z
  .object({
    GRANARY_DB_POOL_SIZE: z.coerce.number().int().min(1).max(1000).default(10),
    GRANARY_DB_CONNECT_TIMEOUT_MS: milliseconds.default(5_000),
    GRANARY_DB_IDLE_TIMEOUT_MS: milliseconds.default(30_000),
    GRANARY_DB_STATEMENT_TIMEOUT_MS: milliseconds.default(30_000),
    GRANARY_DB_MAX_LIFETIME_S: z.coerce.number().int().nonnegative().default(3_600),
    GRANARY_DB_APPLICATION_NAME: z.string().min(1).max(63).default('granary'),
    GRANARY_DB_TLS: z.enum(['url', 'off', 'require', 'verify-full']).default('url'),
    GRANARY_DB_TLS_CA: z.string().min(1).optional(),
    GRANARY_DB_PREPARED: z.enum(['on', 'off', 'auto']).default('auto'),
  })
  .transform((env) => ({
    poolSize: env.GRANARY_DB_POOL_SIZE,
    connectTimeoutMs: env.GRANARY_DB_CONNECT_TIMEOUT_MS,
    idleTimeoutMs: env.GRANARY_DB_IDLE_TIMEOUT_MS,
    statementTimeoutMs: env.GRANARY_DB_STATEMENT_TIMEOUT_MS,
    maxLifetimeSeconds: env.GRANARY_DB_MAX_LIFETIME_S,
    applicationName: env.GRANARY_DB_APPLICATION_NAME,
    tls: env.GRANARY_DB_TLS,
    /** Path of a PEM file. */
    tlsCaFile: env.GRANARY_DB_TLS_CA,
    prepared: env.GRANARY_DB_PREPARED,
  }));

export type DatabaseSettings = z.output<typeof databaseEnvironment>;
