import { z } from 'zod';

export const watchList = z
  .object({
    id: z.uuid(),
    name: z.string(),
    usersPercent: z.number().meta({ description: 'By how much users have to differ from when one was told last' }),
    createdBy: z.uuid().meta({ description: 'Who is told' }),
    plugins: z.int(),
    createdAt: z.string(),
  })
  .meta({ id: 'WatchList' });
