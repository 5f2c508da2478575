import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { readSeries } from './read-series.ts';
import { series, seriesInput, step } from './schema.ts';

export const comparePlugins = defineQuery({
  name: 'plugins.compare',
  summary: 'Several plugins’ users and ratings over the same time, with points of one kind',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/compare' },
  input: z.object({
    pluginIds: z.array(z.uuid()).min(2).max(20),
    acrossMetrics: z.boolean().default(false).meta({
      description: 'Also where the plugins’ users are counted in different ways, and so do not compare',
    }),
    ...seriesInput,
  }),
  output: z.object({ step, series: z.array(series) }),
  async run({ reader }, { pluginIds, acrossMetrics, ...request }) {
    const compared = await readSeries(reader, { ...request, pluginIds: [...new Set(pluginIds)] });
    const metrics = [...new Set(compared.series.flatMap((each) => each.metrics))];
    if (metrics.length > 1 && !acrossMetrics)
      throw new DomainError(
        'invalid',
        'their users are counted in different ways: say acrossMetrics to see them anyway',
        {
          metrics,
        },
      );
    return compared;
  },
});
