import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { retention } from './schema.ts';

export const retainVersions = defineMutation({
  name: 'datasets.retain',
  summary: 'Say how long a dataset keeps its versions; what something refers to is kept whatever is said',
  access: 'dataset:admin',
  rest: { method: 'PUT', path: '/v1/datasets/{datasetId}/retention' },
  // strict: a misspelled limit would be none
  input: z.strictObject({ datasetId: z.uuid(), ...retention }),
  output: z.object(retention),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ keepVersions, keepDays }) => ({ keepVersions, keepDays }),
  },
  async run({ db }, { datasetId, keepVersions, keepDays }) {
    await sql`select app.retain_versions(${datasetId}::uuid, ${keepVersions}::integer, ${keepDays}::integer)`.execute(
      db,
    );
    return { keepVersions, keepDays };
  },
});
