import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { readingOptions } from './reading-options.ts';
import { queueLoad } from './request-load.ts';
import { deliveryInput } from './schema.ts';
import { selectVersion } from './version-query.ts';

export const reloadVersion = defineMutation({
  name: 'datasets.reload',
  summary: 'Load the kept original of a version once more, read otherwise, without another upload',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/reloads' },
  input: z.object({
    datasetId: z.uuid(),
    version: z.int().positive().optional().meta({ description: 'Whose original; the current version’s otherwise' }),
    options: readingOptions.default({}),
    ...deliveryInput,
  }),
  output: z.object({ versionId: z.uuid() }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ version, mode }, { versionId }) => ({ version, versionId, mode }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version, options, ...delivery }) {
    const [source] = (await db.executeQuery(selectVersion(tenantId, datasetId, version))).rows;
    if (!source) throw version === undefined ? noSuchDataset() : new DomainError('not_found', 'no such version');
    const { rows } = await sql<{ id: string }>`
      select app.create_version_again(${datasetId}::uuid, ${source.id}::uuid, ${JSON.stringify(options)}::jsonb) as id`.execute(
      db,
    );
    const versionId = rows[0]!.id;
    await queueLoad(db, tenantId, { datasetId, versionId, ...delivery });
    return { versionId };
  },
});
