import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { exactRow } from './exact-row.ts';
import { schemaName, tableName } from './table-name.ts';

export const selectFromTable = defineQuery({
  name: 'tables.select',
  summary: 'Read the first rows of a table as objects by column: select_from_table',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/tables/{tableName}/rows' },
  input: z.object({ tableName, rowLimit: z.int().min(0).max(1000).default(100), schemaName }),
  output: z.array(z.record(z.string(), z.unknown())),
  async run({ reader }, input) {
    const [rows, columns] = await reader.together(
      query
        .selectFrom(
          sql<object>`public.select_from_table(${input.tableName}, ${input.rowLimit}::integer)`.as(sql`found (row)`),
        )
        .select(sql<string>`row::text`.as('text')),
      query
        .selectFrom(sql<object>`public.get_table_columns(${input.tableName})`.as('c'))
        .select([sql<string>`c.column_name`.as('name'), sql<string>`c.data_type`.as('type')]),
    );
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    return rows.map(({ text }) => exactRow(text, types));
  },
});
