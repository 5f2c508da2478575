import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { unsealRows } from '../encryption/unseal-rows.ts';
import { missingVersion } from './missing-version.ts';
import { versionName } from './schema.ts';
import { selectVersion } from './version-query.ts';

const quarantinedRow = z
  .object({
    number: z.int(),
    line: z.int().meta({ description: 'Physical line in the file, from 1' }),
    byteOffset: z.int().meta({ description: 'In the decoded text' }),
    raw: z.string().meta({ description: 'Empty where it was not kept, or is sealed and not for the caller' }),
    sealed: z.boolean().meta({
      description: 'Kept encrypted: it may hold what identifies people; who administers the dataset reads it',
    }),
    reason: z.string(),
    column: z.string().nullable(),
  })
  .meta({ id: 'QuarantinedRow' });

const quarantineFilter = {
  column: z
    .string()
    .max(63)
    .regex(/^[^\0]*$/)
    .optional()
    .meta({ description: 'Only rows that did not fit because of this column' }),
  reason: z
    .string()
    .max(1000)
    .regex(/^[^\0]*$/)
    .optional()
    .meta({ description: 'Only rows whose reason contains this' }),
};

export const listQuarantine = defineQuery({
  name: 'datasets.quarantine',
  summary: 'List the rows of the file that did not fit, with line, raw text and reason',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/quarantine' },
  input: z.object({
    datasetId: z.uuid(),
    version: versionName.optional(),
    ...quarantineFilter,
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.coerce.number().int().min(0).default(0),
  }),
  output: z.object({ version: z.int(), items: z.array(quarantinedRow), nextCursor: z.int().nullable() }),
  async run({ reader, masterKeys, identity: { tenantId } }, { datasetId, version, column, reason, limit, cursor }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], rows] = await reader.together(
      wanted,
      query
        .selectFrom('quarantined_rows')
        .select(['number', 'line', 'byte_offset as byteOffset', 'raw', 'reason', 'column_name as column'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', wanted.clearSelect().select('v.id'))
        .where('number', '>', cursor)
        .$if(column !== undefined, (q) => q.where('column_name', '=', column ?? ''))
        .$if(reason !== undefined, (q) => q.where(sql<boolean>`strpos(reason, ${reason}) > 0`))
        .orderBy('number')
        .limit(limit + 1),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    const page = rows.slice(0, limit);
    const items = await unsealRows(reader, masterKeys, { tenantId, datasetId, versionId: found.id }, page);
    return { version: found.number, items, nextCursor: rows.length > limit ? items.at(-1)!.number : null };
  },
});
