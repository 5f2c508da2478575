import { z } from 'zod';

/**
 * Where originals are kept, from GRANARY_STORE and GRANARY_S3_* (documented in .env.example); api, worker and command line
 * read the same. For S3 without keys, the SDK's own chain finds some (environment, profile, the machine's role).
 */
export const objectStoreEnvironment = z
  .object({
    GRANARY_STORE: z.enum(['file', 's3']).default('file'),
    GRANARY_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
    GRANARY_S3_BUCKET: z.string().min(1).optional(),
    GRANARY_S3_REGION: z.string().min(1).default('us-east-1'),
    GRANARY_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
    GRANARY_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
    GRANARY_S3_PREFIX: z
      .string()
      .regex(/^[\w/.-]*$/, 'letters, digits and _ - . / only')
      .default(''),
  })
  .transform((env, context) => {
    if (env.GRANARY_STORE === 'file') return { kind: 'file' } as const;
    const missing = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const [accessKeyId, secretAccessKey] = [env.GRANARY_S3_ACCESS_KEY_ID, env.GRANARY_S3_SECRET_ACCESS_KEY];
    if (env.GRANARY_S3_BUCKET === undefined) missing('GRANARY_S3_BUCKET', 'is needed where GRANARY_STORE is s3');
    if (accessKeyId === undefined && secretAccessKey !== undefined)
      missing('GRANARY_S3_ACCESS_KEY_ID', 'is needed with GRANARY_S3_SECRET_ACCESS_KEY');
    if (accessKeyId !== undefined && secretAccessKey === undefined)
      missing('GRANARY_S3_SECRET_ACCESS_KEY', 'is needed with GRANARY_S3_ACCESS_KEY_ID');
    return {
      kind: 's3',
      endpoint: env.GRANARY_S3_ENDPOINT,
      bucket: env.GRANARY_S3_BUCKET ?? '',
      region: env.GRANARY_S3_REGION,
      credentials:
        accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
      /** Before `<tenant>/<sha256>`; with a slash at its end, or empty. */
      prefix: env.GRANARY_S3_PREFIX.replace(/^\/+|\/+$/g, '').replace(/.$/, '$&/'),
    } as const;
  });

/** How long nothing has to have referred to an object before it is removed, of worker and command line. */
export const collectionEnvironment = z
  .object({ GRANARY_ORIGINAL_GRACE_HOURS: z.coerce.number().int().min(1).max(87_600).default(24) })
  .transform((env) => ({ graceHours: env.GRANARY_ORIGINAL_GRACE_HOURS }));

export type ObjectStoreSettings = z.output<typeof objectStoreEnvironment>;
export type S3Settings = Extract<ObjectStoreSettings, { kind: 's3' }>;
