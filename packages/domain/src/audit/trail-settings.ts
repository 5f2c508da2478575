import { z } from 'zod';

export const trailSettings = z.object({
  reads: z.boolean().meta({ description: 'Whether every read is recorded' }),
  retentionDays: z.int().min(30).max(36_500).nullable().meta({
    description:
      'How long events are kept; null: as long as the plan and the installation say; never longer than the plan does',
  }),
});
