import path from 'node:path';
import { databaseEnvironment } from '@granary/db';
import { type DefaultMembership, masterKeysSetting, outboundAllowSetting, type SessionLifetime } from '@granary/domain';
import { objectStoreEnvironment } from '@granary/object-store';
import { z } from 'zod';
import type { SupabaseSettings } from './authentication/supabase-auth.ts';
import type { TokenSettings } from './authentication/verify-token.ts';

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
  GRANARY_OUTBOUND_ALLOW: outboundAllowSetting,
  GRANARY_CORS_ORIGINS: list,
  GRANARY_MAX_UPLOAD_BYTES: count.default(20 * 1024 ** 3),
  GRANARY_MAX_BODY_BYTES: count.min(1024).default(1024 ** 2),
  GRANARY_RATE_LIMIT_PER_MINUTE: count.default(30_000),
  GRANARY_MAX_EVENT_LOOP_DELAY_MS: count.default(3000),
  // a toggle is to be known everywhere within a second
  GRANARY_FLAG_POLL_MS: count.min(50).max(1000).default(500),
  GRANARY_TRUST_PROXY: trustProxy,
  SUPABASE_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  SUPABASE_JWT_SECRET: z.string().min(32).optional(),
  SUPABASE_JWT_ISSUER: z.string().min(1).optional(),
  SUPABASE_JWT_AUDIENCE: z.string().min(1).default('authenticated'),
  SUPABASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  SUPABASE_ANON_KEY: z.string().min(1).optional(),
  DEFAULT_TENANT_ID: z.uuid().optional(),
  GRANARY_DEFAULT_ROLE: z.string().min(1).default('viewer'),
  // shorter ones would leave no time to renew a token before it expires
  GRANARY_SESSION_IDLE_MINUTES: count.min(15).default(7 * 24 * 60),
  GRANARY_SESSION_MAX_HOURS: count.min(1).default(30 * 24),
  GRANARY_SESSION_RENEW_MINUTES: count.min(1).default(15),
  GRANARY_DELETION_GRACE_DAYS: count.max(3650).default(30),
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
    outboundAllow: env.GRANARY_OUTBOUND_ALLOW,
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
      flagPollMilliseconds: env.GRANARY_FLAG_POLL_MS,
      trustProxy: env.GRANARY_TRUST_PROXY,
      sessionLifetime: sessionLifetime(env),
      graceDays: env.GRANARY_DELETION_GRACE_DAYS,
      membership: defaultMembership(env),
      tokens: tokenSettings(env),
      supabase: supabaseSettings(env),
    },
  };
}

function defaultMembership(env: z.output<typeof schema>): DefaultMembership | undefined {
  const { DEFAULT_TENANT_ID: tenantId, GRANARY_DEFAULT_ROLE: role } = env;
  return tenantId === undefined ? undefined : { tenantId, role };
}

/** Null where no issuer's tokens are taken. With both, the published keys count and the secret does not. */
function tokenSettings(env: z.output<typeof schema>): TokenSettings | null {
  const { SUPABASE_JWKS_URL: jwksUrl, SUPABASE_JWT_SECRET: secret } = env;
  const keys = jwksUrl !== undefined ? { jwksUrl } : secret !== undefined ? { secret } : null;
  return keys && { keys, issuer: env.SUPABASE_JWT_ISSUER, audience: env.SUPABASE_JWT_AUDIENCE };
}

/** Null where nobody signs in at Supabase through us. Its keys are found below its URL unless they are said to be elsewhere. */
function supabaseSettings(env: z.output<typeof schema>): SupabaseSettings | null {
  const { SUPABASE_URL: url, SUPABASE_ANON_KEY: anonKey } = env;
  if (url === undefined || anonKey === undefined) return null;
  const tokens = tokenSettings(env) ?? {
    keys: { jwksUrl: `${url}/auth/v1/.well-known/jwks.json` },
    issuer: env.SUPABASE_JWT_ISSUER ?? `${url}/auth/v1`,
    audience: env.SUPABASE_JWT_AUDIENCE,
  };
  return { url, anonKey, tokens };
}

/** Renewed at least five minutes before it would expire, whatever was asked for. */
function sessionLifetime(env: z.output<typeof schema>): SessionLifetime {
  const idleSeconds = env.GRANARY_SESSION_IDLE_MINUTES * 60;
  return {
    idleSeconds,
    absoluteSeconds: env.GRANARY_SESSION_MAX_HOURS * 3600,
    renewAfterSeconds: Math.min(env.GRANARY_SESSION_RENEW_MINUTES * 60, idleSeconds - 300),
  };
}

export type ServerSettings = ReturnType<typeof readEnvironment>['server'];
