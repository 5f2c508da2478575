import { z } from 'zod';

const share = z.number().min(0).max(1);

/** What a revenue model is made of (docs/adr/0034). */
export const revenueParameters = z
  .strictObject({
    lowerConversion: share.meta({ description: 'Which share of users pays, at least' }),
    upperConversion: share.max(0.01).meta({ description: 'And at most: no more than 1 %' }),
    churnMonths: z.number().min(1).max(12).meta({ description: 'How long who pays stays' }),
    capUsdPerUser: z.number().min(0).max(2).meta({ description: 'No user brings more in a year, on average' }),
    assumedUsdPerMonth: z
      .number()
      .min(0)
      .max(1000)
      .meta({ description: 'Where something is paid and nobody says how much' }),
    usdPer: z.record(z.string().regex(/^[A-Z]{3}$/), z.number().positive()),
    bigVendors: z.array(z.string().min(1)).meta({ description: 'Slugs of companies that earn otherwise' }),
  })
  .refine(
    ({ lowerConversion, upperConversion }) => lowerConversion <= upperConversion,
    'the lower bound is above the upper',
  );
