import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { missingVersion } from '../missing-version.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { selectChangeSets } from './change-set-query.ts';
import { changeSet, versionNumber } from './schema.ts';

export const listChanges = defineQuery({
  name: 'datasets.changes',
  summary: 'List the change sets of a version, newest first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/changes' },
  input: z.object({
    datasetId: z.uuid(),
    version: versionName.optional(),
    limit: z.int().min(1).max(1000).default(50),
    before: versionNumber.optional(),
  }),
  output: z.object({ version: z.int(), items: z.array(changeSet), nextBefore: z.int().nullable() }),
  async run({ reader, identity: { tenantId } }, { datasetId, version, limit, before }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], rows] = await reader.together(
      wanted,
      selectChangeSets(tenantId)
        .where('s.version_id', 'in', wanted.clearSelect().select('v.id'))
        .$if(before !== undefined, (q) => q.where('s.number', '<', before!))
        .orderBy('s.number', 'desc')
        .limit(limit + 1),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    const items = rows.slice(0, limit).map((each) => changeSet.parse(each));
    return { version: found.number, items, nextBefore: rows.length > limit ? items.at(-1)!.number : null };
  },
});
