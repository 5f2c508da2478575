import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { readSeries } from './read-series.ts';
import { series, seriesInput, step } from './schema.ts';

export const pluginSeries = defineQuery({
  name: 'plugins.series',
  summary: 'A plugin’s users and ratings over time, with its gaps and bounds',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/{pluginId}/series' },
  input: z.object({ pluginId: z.uuid(), ...seriesInput }),
  output: series.extend({ step }),
  async run({ reader }, { pluginId, ...request }) {
    const read = await readSeries(reader, { ...request, pluginIds: [pluginId] });
    return { ...read.series[0]!, step: read.step };
  },
});
