import { z } from 'zod';

export const codename = z
  .string()
  .max(100)
  .regex(/^FF_[A-Z][A-Z0-9_]*$/, 'FF_ and capitals, as FF_ENABLE_REGISTRATION');

export const splitBy = z.enum(['user', 'tenant']);

export const flag = z
  .object({
    codename: z.string(),
    isActive: z.boolean(),
    label: z.string(),
    description: z.string(),
    expiresAt: z.string().nullable().describe('from then on what the code says holds'),
    isExpired: z.boolean(),
    rollout: z.number().describe('for how many in a hundred of those that no target names it is on'),
    splitBy: splitBy.describe('what they are counted in'),
    targets: z
      .array(z.object({ userId: z.uuid().nullable(), tenantId: z.uuid().nullable(), isOn: z.boolean() }))
      .describe('for whom it is on or off whatever the rollout says'),
    isDeclared: z.boolean().describe('the code knows of it'),
    default: z.boolean().describe('what it is while nobody has said anything'),
  })
  .meta({ id: 'Flag' });
