import { z } from 'zod';

/** An action's input or output spreads it. */
export const retention = {
  keepVersions: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .meta({ description: 'A version is kept while it is among so many newest ones; null: whatever their number' }),
  keepDays: z
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .default(null)
    .meta({ description: 'A version is kept while it is younger than so many days. Both null: all are kept' }),
};
