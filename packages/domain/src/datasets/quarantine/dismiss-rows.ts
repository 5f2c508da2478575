import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { quarantineOf, reviewedRows, reviewResult, text } from './schema.ts';

export const dismissQuarantine = defineMutation({
  name: 'datasets.dismissQuarantine',
  summary: 'Leave quarantined rows where they are, and say why; they stay counted, and no replay tries them',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/quarantine/dismissals' },
  input: z.object({ ...quarantineOf, quarantined: reviewedRows, reason: text(1000).min(1) }),
  output: reviewResult,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ version }, { changed }) => ({ version, changed }),
  },
  async run({ db }, { datasetId, version, quarantined, reason }) {
    const { rows } = await sql<{ result: z.input<typeof reviewResult> }>`
      select app.dismiss_quarantined(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(quarantined)}::jsonb, ${reason}) as result`.execute(
      db,
    );
    return rows[0]!.result;
  },
});
