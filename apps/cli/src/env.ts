import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseEnvironment } from '@granary/db/settings';
import { auditEnvironment, masterKeysSetting } from '@granary/domain/settings';
import { collectionEnvironment, objectStoreEnvironment } from '@granary/object-store/settings';
import { z } from 'zod';

/** The checkout. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must look like postgres://user:password@host:5432/name',
});

const schema = z.object({
  DATABASE_URL: postgresUrl.optional(),
  GRANARY_TEST_DATABASE_URL: postgresUrl.optional(),
  GRANARY_MASTER_KEY: masterKeysSetting,
  GRANARY_DATA_DIR: z.string().optional(),
  GRANARY_WORK_DIR: z.string().optional(),
  GRANARY_HOME: z.string().default('.granary'),
  GRANARY_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  GRANARY_API_KEY: z.string().optional(),
  GRANARY_API_HOST: z.string().default('127.0.0.1'),
  GRANARY_API_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  DEFAULT_TENANT_ID: z.uuid().optional(),
  GRANARY_DEFAULT_ROLE: z.string().default('viewer'),
  GRANARY_DEBUG: z.string().optional(),
});

/** The CLI's settings, read once. Throws ZodError with every variable that is wrong. */
export function readEnvironment(source: NodeJS.ProcessEnv) {
  // a line `NAME=` in .env means that it is not set
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const env = schema.parse(given);
  const home = path.resolve(repository, env.GRANARY_HOME);
  return {
    /** The owner's; without one, a PostgreSQL of our own. */
    databaseUrl: env.DATABASE_URL,
    masterKeys: env.GRANARY_MASTER_KEY,
    testDatabaseUrl: env.GRANARY_TEST_DATABASE_URL,
    database: { ...databaseEnvironment.parse(given), applicationName: 'granary cli' },
    /** Data, logins and logs of this installation. */
    home,
    objectStore: objectStoreEnvironment.parse(given),
    /** Those that api and worker use, which run in the checkout. */
    folders: {
      dataDirectory: path.resolve(repository, env.GRANARY_DATA_DIR ?? path.join(home, 'data')),
      workDirectory: path.resolve(repository, env.GRANARY_WORK_DIR ?? path.join(home, 'work')),
    },
    ...collectionEnvironment.parse(given),
    audit: auditEnvironment.parse(given),
    apiUrl: env.GRANARY_API_URL,
    apiKey: env.GRANARY_API_KEY,
    apiHost: env.GRANARY_API_HOST,
    /** 0: any; undefined: nobody said. */
    apiPort: env.GRANARY_API_PORT,
    /** As at the API. */
    membership:
      env.DEFAULT_TENANT_ID === undefined
        ? undefined
        : { tenantId: env.DEFAULT_TENANT_ID, role: env.GRANARY_DEFAULT_ROLE },
    isDebug: env.GRANARY_DEBUG !== undefined,
  };
}

export type Environment = ReturnType<typeof readEnvironment>;
