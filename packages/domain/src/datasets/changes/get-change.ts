import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { missingVersion } from '../missing-version.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { selectChangeSets } from './change-set-query.ts';
import { showChange, shownCells, typesOf, whatHappened } from './changed-cells.ts';
import { changeSet, rowId, versionNumber } from './schema.ts';

export const getChange = defineQuery({
  name: 'datasets.change',
  summary: 'Read what one change set did to which rows and cells',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/changes/{number}' },
  input: z.object({
    datasetId: z.uuid(),
    number: versionNumber,
    version: versionName.optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.coerce.number().int().min(0).default(0).meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({
    version: z.int(),
    changeSet,
    rows: z.array(z.object({ rowId, what: whatHappened, before: shownCells, after: shownCells })),
    nextCursor: z.int().nullable(),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, number, version, limit, cursor }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const versionId = wanted.clearSelect().select('v.id');
    const [[found], [set], rows, columns] = await reader.together(
      wanted,
      selectChangeSets(tenantId).where('s.version_id', 'in', versionId).where('s.number', '=', number),
      query
        .selectFrom('dataset_row_changes')
        .select(['rowid as rowId', 'before', 'after'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', versionId)
        .where('change_set', '=', number)
        .where('rowid', '>', cursor)
        .orderBy('rowid')
        .limit(limit + 1),
      query
        .selectFrom('dataset_columns')
        .select(['name', 'type'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', versionId),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    if (!set) throw new DomainError('not_found', 'no such change set', { version: found.number, number });
    const typeOf = typesOf(columns);
    const page = rows.slice(0, limit);
    return {
      version: found.number,
      changeSet: changeSet.parse(set),
      rows: page.map(({ rowId: row, ...change }) => ({ rowId: row, ...showChange(change, typeOf) })),
      nextCursor: rows.length > limit ? page.at(-1)!.rowId : null,
    };
  },
});
