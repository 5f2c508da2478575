import path from 'node:path';
import { databaseEnvironment } from '@granary/db';
import { masterKeysSetting } from '@granary/domain';
import { objectStoreEnvironment } from '@granary/object-store';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((each) => each.trim() || []));
const count = z.coerce.number().int().nonnegative();

/** Nobody, whoever is before us (`true`), or proxies by address or network; a count of hops could be forged. */
const trustProxy = z
  .string()
  .regex(/^(true|false|[\da-f:.]+(\/\d+)?(\s*,\s*[\da-f:.]+(\/\d+)?)*)$/i)
  .refine((text) => !/^\d+$/.test(text), 'name the proxy by its address, not by a number of hops')
  .default('false')
  .transform((text) => (text === 'true' || text === 'false' ? text === 'true' : text));

const schema = z.object({
  GRANARY_API_DATABASE_URL: z.url(),
  GRANARY_IDENTITY_DATABASE_URL: z.url(),
  GRANARY_API_HOST: z.string().min(1).default('127.0.0.1'),
  GRANARY_API_PORT: count.max(65_535).default(4780),
  GRANARY_DATA_DIR: z.string().min(1).default('.granary/data'),
  GRANARY_MASTER_KEY: masterKeysSetting,
  GRANARY_CORS_ORIGINS: list,
  GRANARY_MAX_UPLOAD_BYTES: count.default(20 * 1024 ** 3),
  GRANARY_MAX_BODY_BYTES: count.min(1024).default(1024 ** 2),
  GRANARY_RATE_LIMIT_PER_MINUTE: count.default(30_000),
  GRANARY_MAX_EVENT_LOOP_DELAY_MS: count.default(3000),
  GRANARY_TRUST_PROXY: trustProxy,
  GRANARY_API_DRAIN_SECONDS: count.default(10),
  GRANARY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.string().default('development'),
});

/** The API's settings, read once. Throws with every variable that is missing or wrong. */
export function readEnvironment(source: NodeJS.ProcessEnv) {
  const env = schema.parse(source);
  return {
    databaseUrl: env.GRANARY_API_DATABASE_URL,
    identityDatabaseUrl: env.GRANARY_IDENTITY_DATABASE_URL,
    database: { ...databaseEnvironment.parse(source), applicationName: 'granary api' },
    objectStore: objectStoreEnvironment.parse(source),
    host: env.GRANARY_API_HOST,
    port: env.GRANARY_API_PORT,
    drainMilliseconds: env.GRANARY_API_DRAIN_SECONDS * 1000,
    logLevel: env.GRANARY_LOG_LEVEL,
    masterKeys: env.GRANARY_MASTER_KEY,
    server: {
      dataDirectory: path.resolve(env.GRANARY_DATA_DIR),
      corsOrigins: env.GRANARY_CORS_ORIGINS,
      isDevelopment: env.NODE_ENV === 'development',
      maxUploadBytes: env.GRANARY_MAX_UPLOAD_BYTES,
      maxBodyBytes: env.GRANARY_MAX_BODY_BYTES,
      /** 0: no limit. */
      requestsPerMinute: env.GRANARY_RATE_LIMIT_PER_MINUTE,
      /** 0: never too busy. */
      maxEventLoopDelayMs: env.GRANARY_MAX_EVENT_LOOP_DELAY_MS,
      trustProxy: env.GRANARY_TRUST_PROXY,
    },
  };
}

export type ServerSettings = ReturnType<typeof readEnvironment>['server'];
