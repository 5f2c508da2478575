import { z } from 'zod';

export const name = z.string().trim().min(1).max(200);
export const connector = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/)
  .meta({ description: 'Which marketplace: chrome-web-store, firefox-addons, wordpress-plugins, generic …' });
export const settings = z
  .record(z.string(), z.unknown())
  .meta({ description: 'What the connector is to be told; which fields there are is its own' });
export const cron = z
  .string()
  .trim()
  .max(200)
  .meta({ description: 'Five fields: minute, hour, day of month, month, day of week; e.g. `15 6 * * *`' });
export const timeZone = z.string().max(64).meta({ description: 'An IANA name: Europe/Berlin' });
export const rate = z
  .number()
  .positive()
  .max(1000)
  .meta({ description: 'Requests a second to each host, at most; 1 if you do not say, and no more than that' });
export const keepCapturesDays = z
  .int()
  .positive()
  .max(36_500)
  .nullable()
  .meta({ description: 'Captures are kept for so many days; null: for as long as the installation keeps them' });
export const revision = z
  .int()
  .positive()
  .meta({ description: 'The one that you saw: if the source was changed since, nothing happens' });

export const source = z
  .object({
    id: z.uuid(),
    connector: z.string(),
    name: z.string(),
    settings,
    crawls: z.boolean().meta({ description: 'False: pages are imported, the marketplace is not asked' }),
    cron: z.string().nullable(),
    timeZone: z.string(),
    nextRunAt: z.string().nullable(),
    isPaused: z.boolean(),
    rate: z.number(),
    keepCapturesDays: z.int().nullable(),
    createdBy: z.uuid().nullable(),
    revision: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Source' });
export type Source = z.output<typeof source>;

export const runState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export const runTrigger = z.enum(['schedule', 'manual', 'import', 'reparse', 'backfill']);
const count = z.int().nonnegative();

export const alarm = z.object({
  field: z.string(),
  kind: z
    .enum(['lost', 'degraded'])
    .meta({ description: 'lost: it used to be read and is not any more; degraded: from a worse place of the page' }),
  before: z.number().meta({ description: 'Share of pages, 0 to 1, in the runs before' }),
  now: z.number(),
});

export const raisedAlarm = alarm
  .extend({
    id: z.uuid(),
    runId: z.uuid().meta({ description: 'The run that raised it' }),
    raisedAt: z.string(),
    endedAt: z.string().nullable(),
    acknowledgedAt: z.string().nullable(),
    acknowledgedBy: z.uuid().nullable(),
  })
  .meta({ id: 'SourceAlarm' });

const readFrom = z.partialRecord(z.enum(['embedded', 'api', 'meta', 'markup']), z.int());

export const fieldCount = z.object({
  field: z.string(),
  pages: z.int().meta({ description: 'Readings that had a place for it' }),
  read: z.int(),
  by: readFrom.meta({ description: 'Of those, by where on the page it stood' }),
});

/** A run’s account of the fields, as the database keeps it: by field. */
export const fieldHealth = z.record(z.string(), fieldCount.omit({ field: true }));

export const run = z
  .object({
    id: z.uuid(),
    sourceId: z.uuid(),
    trigger: runTrigger,
    state: runState,
    discovered: count.meta({ description: 'Requests that it has to make, as far as is known' }),
    fetched: count,
    unchanged: count.meta({ description: 'Pages that are as they were when last captured' }),
    changed: count,
    failed: count.meta({ description: 'Requests that were given up, and pages that could not be read' }),
    skipped: count.meta({ description: 'Requests that robots.txt asks not to make' }),
    bytes: count,
    plugins: count,
    pluginsChanged: count,
    heldBack: count.meta({ description: 'Readings that are not trusted, because their key fields vanished' }),
    alarms: z.array(alarm),
    fields: z
      .array(fieldCount)
      .meta({ description: 'How often each field was read, of the pages that had a place for it' }),
    changedFields: z
      .record(z.string(), z.int())
      .meta({ description: 'Of a reparse: of how many pages something is otherwise, by field' }),
    dryRun: z.boolean(),
    error: z.string().nullable(),
    requestedBy: z.uuid().nullable(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'SourceRun' });
export type SourceRun = z.output<typeof run>;

export const runChange = z
  .object({
    url: z.string(),
    capturedAt: z.string(),
    changes: z.array(z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  })
  .meta({ id: 'SourceRunChange' });

export const capture = z
  .object({
    id: z.uuid(),
    runId: z.uuid(),
    url: z.string().meta({ description: 'Where redirects led' }),
    status: z.int(),
    fetchedAt: z.string().meta({ description: 'What the capture is of; of an archive’s, years before it came here' }),
    keptAt: z.string().meta({ description: 'When it came here, from when on it is kept' }),
    origin: z.enum(['live', 'import', 'archive']),
    notModified: z.boolean().meta({ description: 'The host said that the one before still holds' }),
    bytes: z.int(),
    contentType: z.string().nullable(),
  })
  .meta({ id: 'Capture' });

export const sourceId = z.uuid();
export const runId = z.uuid();
