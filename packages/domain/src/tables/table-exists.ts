import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { schemaName, tableName } from './table-name.ts';

export const tableExists = defineQuery({
  name: 'tables.exists',
  summary: 'Whether there is a table of this name that one may read: table_exists',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/tables/{tableName}/exists' },
  input: z.object({ tableName, schemaName }),
  output: z.object({ exists: z.boolean() }),
  async run({ reader }, input) {
    const [found] = await reader.rows(
      query.selectNoFrom(sql<boolean>`public.table_exists(${input.tableName})`.as('exists')),
    );
    return { exists: found?.exists === true };
  },
});
