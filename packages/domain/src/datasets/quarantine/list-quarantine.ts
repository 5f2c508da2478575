import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { unsealRows } from '../../encryption/unseal-rows.ts';
import { missingVersion } from '../missing-version.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { quarantinedRow, quarantineFilter } from './schema.ts';
import { holdsSealedText, selectQuarantine } from './select-quarantine.ts';

export const listQuarantine = defineQuery({
  name: 'datasets.quarantine',
  summary:
    'List the rows of the file that did not fit, with line, raw text and reason, and what was decided about them',
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
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    concerns: ({ items }) => items.some(({ sealed, raw }) => sealed && raw !== ''),
    details: (_input, { version, items }) => ({ version, unsealed: items.filter(({ sealed }) => sealed).length }),
  },
  async run({ reader, masterKeys, identity: { tenantId } }, { datasetId, version, limit, cursor, ...filter }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], rows] = await reader.together(
      wanted.select(holdsSealedText),
      selectQuarantine(tenantId, wanted, filter, cursor).limit(limit + 1),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    const page = rows.slice(0, limit);
    const { id: versionId, isSealed } = found;
    const items = await unsealRows(reader, masterKeys, { tenantId, datasetId, versionId, isSealed }, page);
    return { version: found.number, items, nextCursor: rows.length > limit ? items.at(-1)!.number : null };
  },
});
