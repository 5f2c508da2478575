import { z } from 'zod';
import { features, limits, plans } from './plans.ts';

export const planName = z.enum(Object.keys(plans) as [keyof typeof plans]);
export const entitlementName = z.enum([...limits, ...features]);

export const plan = z
  .object({
    name: planName,
    label: z.string(),
    isDefault: z.boolean(),
    features: z.array(z.enum(features)),
    limits: z.record(z.enum(limits), z.int().nullable()).describe('the most of each; null: no limit'),
  })
  .meta({ id: 'Plan' });
