import os from 'node:os';
import path from 'node:path';
import { databaseEnvironment } from '@granary/db';
import { auditEnvironment, masterKeysSetting, outboundAllowSetting } from '@granary/domain';
import { collectionEnvironment, objectStoreEnvironment } from '@granary/object-store';
import { searchEnvironment } from '@granary/search';
import { z } from 'zod';
import { defaultLimits } from './sql-edge/limits.ts';
import { languageModelEnvironment } from './summaries/settings.ts';

const schema = z.object({
  /** Login granary_worker; made by `granary db roles`. Session mode, where there is a pooler. */
  GRANARY_WORKER_DATABASE_URL: z.url(),
  /** Where originals are kept (shared with the API). */
  GRANARY_DATA_DIR: z.string().min(1).default('.granary/data'),
  GRANARY_MASTER_KEY: masterKeysSetting,
  GRANARY_WORK_DIR: z.string().min(1).default(path.join(os.tmpdir(), 'granary-work')),
  GRANARY_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(1),
  GRANARY_WORKER_DRAIN_SECONDS: z.coerce.number().int().min(0).default(30),
  GRANARY_EXPORT_HOURS: z.coerce.number().int().min(1).max(87_600).default(168),
  /** Where SQL of tenants has its files: other users have to be able to go through it. */
  GRANARY_SANDBOX_DIR: z.string().min(1).default(path.join(os.tmpdir(), 'granary-sandbox')),
  GRANARY_SANDBOX_MEMORY_MB: z.coerce.number().int().min(64).max(1_048_576).default(defaultLimits.memoryMegabytes),
  GRANARY_SANDBOX_SPACE_MB: z.coerce.number().int().min(64).max(16_777_216).default(defaultLimits.spaceMegabytes),
  GRANARY_SANDBOX_SECONDS: z.coerce.number().int().min(1).max(86_400).default(defaultLimits.seconds),
  GRANARY_MAX_COLUMNS: z.coerce.number().int().min(1).max(100_000).default(30_000),
  /** smtp:// or smtps://; without, mails become files in the data folder. */
  GRANARY_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  GRANARY_MAIL_FROM: z.string().min(3).default('Granary <granary@localhost>'),
  /** Where the links in mails lead. */
  GRANARY_PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4780'),
  GRANARY_OUTBOUND_ALLOW: outboundAllowSetting,
  /** A proxy that crawls, webhooks and git go through; not what GRANARY_OUTBOUND_ALLOW names. */
  GRANARY_OUTBOUND_PROXY: z.url({ protocol: /^https?$/ }).optional(),
  /** Who finds the addresses of names: with `proxy`, its rules alone keep what is private out of reach. */
  GRANARY_OUTBOUND_PROXY_NAMES: z.enum(['here', 'proxy']).default('here'),
  /** How robots.txt and the hosts' operators know us; `(+contact)` is added. */
  GRANARY_CRAWL_AGENT: z
    .string()
    .regex(/^[A-Za-z][A-Za-z_-]{0,40}\/[\w.]{1,20}$/, 'a name and a version: ExampleBot/1.0')
    .default('GranaryBot/1.0'),
  /** A page about the crawler, or an address to write to. */
  GRANARY_CRAWL_CONTACT: z
    .string()
    .regex(/^[\x21-\x7e]{3,200}$/)
    .optional(),
  GRANARY_CRAWL_CONCURRENCY: z.coerce.number().int().min(0).max(64).default(4),
  /** A server on this machine that is asked in place of every host: for trying out, and never in production. */
  GRANARY_CRAWL_REPLAY: z
    .string()
    .regex(/^127\.0\.0\.1:\d{1,5}$/, 'a port of this machine: 127.0.0.1:8080')
    .optional(),
  /** Where images go that are built here, with the beginning of their names: https://registry.example/granary. Without: none are built. */
  GRANARY_IMAGE_REGISTRY: z.url({ protocol: /^https?$/ }).optional(),
  /** Credentials for it, as `docker login` writes them. */
  GRANARY_IMAGE_REGISTRY_AUTH_FILE: z.string().min(1).optional(),
  /** How commands of Dockerfiles run, which are tenants' programs: not at all, or by buildah's isolation of this name. */
  GRANARY_IMAGE_RUN: z.enum(['off', 'chroot', 'oci']).default('off'),
  /** What runs edges that are images, with its options: `podman`. Without: nothing does. */
  GRANARY_CONTAINERS: z
    .string()
    .regex(/^podman( [\w./=:-]+)*$/, 'podman, and options of it: podman --runtime runc')
    .transform((text) => text.split(' '))
    .optional(),
  GRANARY_IMAGE_SECONDS: z.coerce.number().int().min(1).max(7000).default(3600),
  GRANARY_IMAGE_SPACE_MB: z.coerce.number().int().min(64).max(16_777_216).default(8192),
  GRANARY_CAPTURE_DAYS: z.coerce.number().int().min(1).max(36_500).default(730),
  GRANARY_INTAKE_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  NODE_ENV: z.string().default('development'),
  GRANARY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The worker's settings, read once. Throws with every variable that is missing or wrong. */
export function readEnvironment(source: NodeJS.ProcessEnv) {
  const env = schema.parse(source);
  if (env.GRANARY_CRAWL_REPLAY !== undefined && env.NODE_ENV === 'production')
    throw new Error('GRANARY_CRAWL_REPLAY: what a crawl would read is not what marketplaces say; not in production');
  return {
    databaseUrl: env.GRANARY_WORKER_DATABASE_URL,
    database: { ...databaseEnvironment.parse(source), applicationName: 'granary worker' },
    objectStore: objectStoreEnvironment.parse(source),
    ...collectionEnvironment.parse(source),
    audit: auditEnvironment.parse(source),
    search: searchEnvironment.parse(source),
    languageModel: languageModelEnvironment.parse(source),
    dataDirectory: path.resolve(env.GRANARY_DATA_DIR),
    workDirectory: path.resolve(env.GRANARY_WORK_DIR),
    sandbox: {
      directory: path.resolve(env.GRANARY_SANDBOX_DIR),
      limits: {
        ...defaultLimits,
        memoryMegabytes: env.GRANARY_SANDBOX_MEMORY_MB,
        spaceMegabytes: env.GRANARY_SANDBOX_SPACE_MB,
        seconds: env.GRANARY_SANDBOX_SECONDS,
      },
    },
    concurrency: env.GRANARY_WORKER_CONCURRENCY,
    drainMilliseconds: env.GRANARY_WORKER_DRAIN_SECONDS * 1000,
    exportHours: env.GRANARY_EXPORT_HOURS,
    maxColumns: env.GRANARY_MAX_COLUMNS,
    mail: {
      smtpUrl: env.GRANARY_SMTP_URL,
      from: env.GRANARY_MAIL_FROM,
      mailbox: path.resolve(env.GRANARY_DATA_DIR, 'mailbox'),
    },
    isDevelopment: env.NODE_ENV === 'development',
    publicUrl: env.GRANARY_PUBLIC_URL.replace(/\/+$/, ''),
    logLevel: env.GRANARY_LOG_LEVEL,
    masterKeys: env.GRANARY_MASTER_KEY,
    outbound: {
      allow: env.GRANARY_OUTBOUND_ALLOW,
      proxy:
        env.GRANARY_OUTBOUND_PROXY === undefined
          ? undefined
          : { url: new URL(env.GRANARY_OUTBOUND_PROXY), resolves: env.GRANARY_OUTBOUND_PROXY_NAMES },
    },
    crawl: {
      productToken: env.GRANARY_CRAWL_AGENT.replace(/\/.*/, ''),
      userAgent: `${env.GRANARY_CRAWL_AGENT} (+${env.GRANARY_CRAWL_CONTACT ?? env.GRANARY_PUBLIC_URL})`,
      concurrency: env.GRANARY_CRAWL_CONCURRENCY,
    },
    crawlReplay: env.GRANARY_CRAWL_REPLAY,
    containers: env.GRANARY_CONTAINERS,
    images: {
      registryUrl: env.GRANARY_IMAGE_REGISTRY,
      registryAuthFile: env.GRANARY_IMAGE_REGISTRY_AUTH_FILE,
      isolation: env.GRANARY_IMAGE_RUN,
      seconds: env.GRANARY_IMAGE_SECONDS,
      spaceMegabytes: env.GRANARY_IMAGE_SPACE_MB,
    },
    captureDays: env.GRANARY_CAPTURE_DAYS,
    intakeDays: env.GRANARY_INTAKE_DAYS,
  };
}
