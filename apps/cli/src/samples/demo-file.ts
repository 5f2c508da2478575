import { z } from 'zod';

const demoPerson = z.object({
  email: z.string(),
  userId: z.string(),
  tenantId: z.string(),
  apiKey: z.string(),
});
export type DemoPerson = z.output<typeof demoPerson>;

/** What is kept of the demo between two starts: who there is, with keys, and where the API listens. */
export const demoFile = z.object({
  url: z.string().optional(),
  owner: demoPerson,
  /** Of the same organization, with a role that may have datasets, too. */
  colleague: demoPerson,
  /** The owner of another organization. */
  stranger: demoPerson,
});
export type Demo = z.output<typeof demoFile>;
