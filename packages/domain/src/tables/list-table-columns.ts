import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { schemaName, tableName } from './table-name.ts';

export const listTableColumns = defineQuery({
  name: 'tables.columns',
  summary: 'List the columns of a table: get_table_columns',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/tables/{tableName}/columns' },
  input: z.object({ tableName, schemaName }),
  output: z.array(z.object({ columnName: z.string(), dataType: z.string(), isNullable: z.string() })),
  run: ({ reader }, input) =>
    reader.rows(
      query
        .selectFrom(
          sql<{
            column_name: string;
            data_type: string;
            is_nullable: string;
          }>`public.get_table_columns(${input.tableName})`.as('found'),
        )
        .select(['column_name as columnName', 'data_type as dataType', 'is_nullable as isNullable']),
    ),
});
