import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { quarantineOf, reviewedRows, reviewResult } from './schema.ts';

export const reopenQuarantine = defineMutation({
  name: 'datasets.reopenQuarantine',
  summary: 'Take the dismissal of quarantined rows back',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/quarantine/reopenings' },
  input: z.object({ ...quarantineOf, quarantined: reviewedRows }),
  output: reviewResult,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ version }, { changed }) => ({ version, changed }),
  },
  async run({ db }, { datasetId, version, quarantined }) {
    const { rows } = await sql<{ result: z.input<typeof reviewResult> }>`
      select app.reopen_quarantined(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(quarantined)}::jsonb) as result`.execute(
      db,
    );
    return rows[0]!.result;
  },
});
