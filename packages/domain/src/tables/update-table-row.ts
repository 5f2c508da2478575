import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { schemaName, tableName } from './table-name.ts';

export const updateTableRow = defineMutation({
  name: 'tables.updateRow',
  summary:
    'Change cells of one row, whatever they hold now: update_table_row. datasets.updateRow notices who was faster',
  access: 'dataset:write',
  rest: { method: 'PATCH', path: '/v1/tables/{tableName}/rows/{rowId}' },
  input: z.object({
    tableName,
    rowId: z.int().positive(),
    updates: z.record(z.string().max(63), z.unknown()).meta({ description: 'New values by column' }),
    schemaName,
  }),
  output: z.object({
    datasetId: z.uuid(),
    updated: z.boolean().meta({ description: 'false: there is no such row' }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: (_input, { datasetId }) => datasetId,
    details: ({ rowId, updates }, { updated }) => ({ rowId, columns: Object.keys(updates), updated }),
  },
  async run({ db }, input) {
    const { rows } = await sql<{ datasetId: string; updated: boolean }>`
      select named.id as "datasetId", app.update_table_row(named.id, ${input.rowId}, ${JSON.stringify(input.updates)}::jsonb) as updated
      from app.dataset_named(${input.tableName}, 'write') as named (id)`.execute(db);
    return rows[0]!;
  },
});
