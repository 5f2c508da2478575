import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { missingVersion } from '../missing-version.ts';
import { readTooLong } from '../read-too-long.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { quarantineFilter } from './schema.ts';
import { countQuarantine } from './select-quarantine.ts';

const mostReasons = 20;

export const summarizeQuarantine = defineQuery({
  name: 'datasets.quarantineSummary',
  summary: 'Count the rows of the file that did not fit, by reason and column, the most frequent first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/quarantine/summary' },
  input: z.object({ datasetId: z.uuid(), version: versionName.optional(), ...quarantineFilter }),
  output: z.object({
    version: z.int(),
    rows: z.int().meta({ description: 'All that the filter selects, also of reasons that are not listed' }),
    reasons: z
      .array(z.object({ reason: z.string(), column: z.string().nullable(), rows: z.int() }))
      .meta({ description: `At most ${mostReasons}` }),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, version, ...filter }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], reasons] = await reader
      .together(wanted, countQuarantine(tenantId, wanted, filter).limit(mostReasons))
      .catch(readTooLong);
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    return {
      version: found.number,
      rows: reasons[0]?.all ?? 0,
      reasons: reasons.map(({ reason, column, rows }) => ({ reason, column, rows })),
    };
  },
});
