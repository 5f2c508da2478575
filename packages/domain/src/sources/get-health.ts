import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectAlarms } from './alarm-query.ts';
import { healthFrom, sourceHealth } from './health.ts';
import { selectHealth } from './health-query.ts';
import { noSuchSource } from './no-such-source.ts';
import { sourceId } from './schema.ts';
import { selectSources } from './source-query.ts';

export const getHealth = defineQuery({
  name: 'sources.health',
  summary: 'How well a source’s pages are read, field by field, beside the runs before',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/health' },
  input: z.object({ sourceId }),
  output: sourceHealth,
  async run({ reader, identity: { tenantId } }, input) {
    const [[found], runs, alarms] = await reader.together(
      selectSources(query, tenantId).where('id', '=', input.sourceId),
      selectHealth(query, tenantId, input.sourceId),
      selectAlarms(query, tenantId, input.sourceId),
    );
    if (!found) throw noSuchSource();
    return healthFrom(runs, alarms);
  },
});
