import { z } from 'zod';
import { day, metric, pluginName, quantity, rating, state, userCount } from '../schema.ts';

export const seriesInput = {
  from: day.optional(),
  to: day.optional(),
  thin: z.enum(['auto', 'none', 'month']).default('auto').meta({
    description: 'month: the last observation of each month; auto: month where the span is over three months',
  }),
  gapDays: z.int().min(1).max(10_000).optional().meta({
    description:
      'More days than this without an observation are a gap; three times the usual distance, if you do not say',
  }),
};

export const series = z
  .object({
    plugin: pluginName,
    metrics: z.array(metric).meta({ description: 'More than one where the source began to count otherwise' }),
    points: z.array(
      z.object({ day: z.string(), state, users: userCount.nullable(), rating, ratingCount: quantity.nullable() }),
    ),
    gaps: z.array(
      z.object({
        after: z.string().meta({ description: 'The last day with an observation' }),
        before: z.string().meta({ description: 'The next one' }),
        missing: z.int().meta({ description: 'Days, or months, between them' }),
      }),
    ),
  })
  .meta({ id: 'PluginSeries' });

export const step = z.enum(['day', 'month']).meta({ description: 'What a point stands for' });
