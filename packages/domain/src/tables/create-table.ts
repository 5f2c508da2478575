import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { columnType, datasetName } from '../datasets/schema.ts';

export const createTable = defineMutation({
  name: 'tables.create',
  summary: 'Make an empty table with these columns, to be filled by rows or by appended files: create_data_table',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/tables' },
  input: z.object({
    name: datasetName,
    columns: z
      .array(z.object({ name: z.string().min(1).max(2000), type: columnType.default('text') }))
      .min(1)
      .max(20_000),
  }),
  output: z.object({ datasetId: z.uuid() }),
  audit: {
    entityType: 'dataset',
    entityId: (_input, { datasetId }) => datasetId,
    details: ({ name, columns }) => ({ name, columns: columns.length }),
  },
  async run({ db }, { name, columns }) {
    const { rows } = await sql<{ datasetId: string }>`
      select app.create_own_table(${name}, ${JSON.stringify(columns)}::jsonb) as "datasetId"`.execute(db);
    return rows[0]!;
  },
});
