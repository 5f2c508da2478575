import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { schemaName } from './table-name.ts';

export const listTables = defineQuery({
  name: 'tables.list',
  summary: 'List the tables that one may read: get_all_tables',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/tables' },
  input: z.object({ schemaName }),
  output: z.array(z.object({ tableName: z.string(), tableType: z.string() })),
  run: ({ reader }) =>
    reader.rows(
      query
        .selectFrom(sql<{ table_name: string; table_type: string }>`public.get_all_tables()`.as('found'))
        .select(['table_name as tableName', 'table_type as tableType']),
    ),
});
