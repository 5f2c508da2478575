import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { ensureKeys } from '../encryption/ensure-keys.ts';
import { identifiers } from '../encryption/schema.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { selectDataset } from './dataset-query.ts';
import { readingOptions } from './reading-options.ts';
import { requestLoad } from './request-load.ts';
import { dataset, datasetName, description, origin } from './schema.ts';

export const createDataset = defineMutation({
  name: 'datasets.create',
  summary: 'Create a dataset, private to its owner, and load a finished upload into it if one is named',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets' },
  input: z.object({
    name: datasetName,
    description: description.default(''),
    origin: origin.default(''),
    identifiers: identifiers.default([]),
    uploadId: z.uuid().optional().meta({
      description: 'A plain upload; for a dataset with identifiers, begin one with its datasetId and load that',
    }),
    options: readingOptions.default({}),
  }),
  output: z.object({
    dataset,
    versionId: z.uuid().nullable().meta({ description: 'The version that is being loaded' }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: (_input, output) => output.dataset.id,
    details: ({ name }, { versionId }) => ({ name, versionId }),
  },
  async run(
    { db, masterKeys, identity: { tenantId, userId } },
    { name, description: text, origin: source, identifiers: names, uploadId, options },
  ) {
    // made here, not returned by the insert: the policies' functions do not see a row of the statement they run in
    const id = uuidv7();
    await db
      .insertInto('datasets')
      .values({
        tenant_id: tenantId,
        id,
        owner_id: userId,
        name,
        description: text,
        origin: source,
        identifiers: names,
      })
      .execute();
    if (names.length > 0) await ensureKeys(db, masterKeys, tenantId, id);
    const versionId = uploadId ? await requestLoad(db, tenantId, { datasetId: id, uploadId, options }) : null;
    return { dataset: await db.executeQuery(selectDataset(tenantId, id)).then(({ rows }) => rows[0]!), versionId };
  },
});
