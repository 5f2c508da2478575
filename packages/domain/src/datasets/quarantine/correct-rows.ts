import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { mostCorrection, quarantineOf, reviewResult, reviewRevision, rowNumber, text } from './schema.ts';
import { sealCorrections } from './seal-corrections.ts';

export const correctQuarantine = defineMutation({
  name: 'datasets.correctQuarantine',
  summary: 'Say what is to be read instead of the text of quarantined rows, which is kept; a replay then tries them',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/quarantine/corrections' },
  input: z.object({
    ...quarantineOf,
    corrections: z
      .array(
        z.object({
          number: rowNumber,
          revision: reviewRevision.optional(),
          text: text(mostCorrection).nullable().meta({
            description: 'The row as it should stand in the file; null, or its own text, takes a correction back',
          }),
        }),
      )
      .min(1)
      .max(1000),
  }),
  output: reviewResult,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ version }, { changed }) => ({ version, changed }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { datasetId, version, corrections }) {
    const written = await sealCorrections({ db, masterKeys, tenantId }, { datasetId, version, corrections });
    const { rows } = await sql<{ result: z.input<typeof reviewResult> }>`
      select app.correct_quarantined(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(written)}::jsonb) as result`.execute(
      db,
    );
    return rows[0]!.result;
  },
});
