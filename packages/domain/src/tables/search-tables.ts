import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { schemaName } from './table-name.ts';

export const searchTables = defineQuery({
  name: 'tables.search',
  summary: 'Find the tables that have a column of this name: search_tables_by_column',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/tables/search' },
  input: z.object({
    columnName: z
      .string()
      .min(1)
      .max(2000)
      .meta({ description: 'As in the file or as in the table, whatever its case' }),
    schemaName,
  }),
  output: z.array(z.object({ tableName: z.string() })),
  run: ({ reader }, { columnName }) =>
    reader.rows(
      query
        .selectFrom(sql<{ table_name: string }>`public.search_tables_by_column(${columnName})`.as('found'))
        .select('table_name as tableName'),
    ),
});
