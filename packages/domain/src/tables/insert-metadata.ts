import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { datasetName, description, origin } from '../datasets/schema.ts';

export const insertMetadata = defineMutation({
  name: 'tables.insertMetadata',
  summary:
    'Say what a table holds and where it comes from; makes an empty one of one’s own where there is none: insert_metadata',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/tables/metadata' },
  input: z.object({
    tableName: datasetName,
    mainTableName: datasetName
      .optional()
      .meta({ description: 'The table that a part belongs to: it is what is described' }),
    description: description.default(''),
    origin: origin.default(''),
  }),
  output: z.object({ datasetId: z.uuid() }),
  audit: {
    entityType: 'dataset',
    entityId: (_input, { datasetId }) => datasetId,
    details: ({ tableName, mainTableName }) => ({ name: mainTableName ?? tableName }),
  },
  async run({ db }, { tableName, mainTableName, description: text, origin: source }) {
    const { rows } = await sql<{ datasetId: string }>`
      select app.describe_table(${mainTableName ?? tableName}, ${text}, ${source}) as "datasetId"`.execute(db);
    return rows[0]!;
  },
});
