import { z } from 'zod';

export const feedDay = z
  .object({
    day: z.string(),
    path: z.string().meta({ description: 'Below which its files lie in the object store' }),
    rows: z.int(),
    files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    madeAt: z.string().meta({ description: 'Late data make a day anew' }),
  })
  .meta({ id: 'FeedDay' });

/** Where a day's files lie in the object store. */
export const feedPath = (day: string): string => `feeds/plugin_snapshots/v1/dt=${day}/`;
