import { z } from 'zod';
import { metric } from '../schema.ts';

export const sizeClass = z
  .enum(['one_trick_pony', 'small', 'large', 'enterprise'])
  .meta({ description: 'By available plugins: 1; 2 to 4; 5 to 9; 10 and more' });
export type SizeClass = z.infer<typeof sizeClass>;

/** Null without plugins: a company whose plugins are all gone is of no size. */
export function sizeClassOf(plugins: number): SizeClass | null {
  if (plugins === 0) return null;
  if (plugins === 1) return 'one_trick_pony';
  if (plugins < 5) return 'small';
  return plugins < 10 ? 'large' : 'enterprise';
}

export const companyName = z.object({ id: z.uuid(), slug: z.string(), name: z.string() }).meta({ id: 'CompanyName' });

export const userTotal = z
  .object({
    metric,
    value: z.int(),
    bound: z.enum(['exact', 'at_least']).meta({ description: 'at_least where any of its numbers is' }),
    plugins: z.int(),
  })
  .meta({ id: 'UserTotal' });

export const revenueTotal = z
  .object({ lowerCents: z.int(), upperCents: z.int(), pointCents: z.int(), plugins: z.int() })
  .meta({ id: 'RevenueTotal', description: 'Of the plugins that have an estimate' });

export const weightedRating = z
  .number()
  .nullable()
  .meta({ description: 'Of all ratings together: sum(rating × count) ÷ sum(count); null when nothing is rated' });
