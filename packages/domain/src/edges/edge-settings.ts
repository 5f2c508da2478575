import { z } from 'zod';

export const edgeSettings = z
  .object({
    approval: z
      .boolean()
      .meta({ description: 'Whether a person other than its author approves a verified version before it runs' }),
  })
  .meta({ id: 'EdgeSettings' });
