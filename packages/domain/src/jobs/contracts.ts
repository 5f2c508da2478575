import { z } from 'zod';

/** Every job, by queue. A payload holds ids only. The queues of the same names are created in a migration. */
export const jobs = {
  'dataset.load': z.object({ datasetId: z.uuid(), versionId: z.uuid() }),
  'dataset.pseudonymise': z.object({ datasetId: z.uuid() }),
  'dataset.copy': z.object({ datasetId: z.uuid(), versionId: z.uuid() }),
  'dataset.index': z.object({ datasetId: z.uuid() }),
  'dataset.export': z.object({ datasetId: z.uuid(), exportId: z.uuid() }),
  'dataset.replay': z.object({ datasetId: z.uuid(), replayId: z.uuid() }),
  'dataset.profile': z.object({ datasetId: z.uuid(), versionId: z.uuid() }),
  'edge.verify': z.object({ edgeId: z.uuid(), verificationId: z.uuid() }),
  'image.build': z.object({ imageId: z.uuid() }),
  'run.step': z.object({ runId: z.uuid(), step: z.string() }),
} as const satisfies Record<string, z.ZodType>;

/** Work of the installation, for no organization: only definer functions of the database queue it (app.enqueue_system). */
export const systemJobs = {
  'mail.send': z.object({ mailId: z.uuid() }),
  'plugin.summarize': z.object({ pluginId: z.uuid() }),
  'repository.check': z.object({ tenantId: z.uuid(), repositoryId: z.uuid() }),
  'repository.read': z.object({ tenantId: z.uuid(), repositoryId: z.uuid() }),
  'image.check': z.object({ tenantId: z.uuid(), imageId: z.uuid() }),
  'search.index': z.object({ tenantId: z.uuid(), sourceId: z.uuid() }),
} as const satisfies Record<string, z.ZodType>;

export type SystemJobName = keyof typeof systemJobs;
export type SystemJobInput<N extends SystemJobName> = z.infer<(typeof systemJobs)[N]>;
export type JobName = keyof typeof jobs;
export type JobInput<N extends JobName> = z.infer<(typeof jobs)[N]>;

/** What app.enqueue writes: on whose behalf, and the contract's input. */
export const jobEnvelope = z.object({ tenantId: z.uuid(), userId: z.uuid(), input: z.unknown() });
