import { query } from '@granary/db';
import { type Expression, sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { missingVersion } from '../missing-version.ts';
import { compilable } from '../rows-query.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { recordedCells, showChange, shownCells, typesOf, whatHappened } from './changed-cells.ts';
import { changeSet, rowId, versionNumber } from './schema.ts';

const historyInput = z.object({
  datasetId: z.uuid(),
  rowId,
  version: versionName.optional(),
  limit: z.int().min(1).max(1000).default(50),
  before: z
    .object({ version: versionNumber, changeSet: versionNumber })
    .optional()
    .meta({ description: 'nextBefore of the page before' }),
});

const recorded = z.object({
  version: z.int(),
  number: z.int(),
  kind: changeSet.shape.kind,
  what: whatHappened.nullable(),
  before: recordedCells,
  after: recordedCells,
  createdBy: z.uuid(),
  createdAt: z.string(),
});

export const rowHistory = defineQuery({
  name: 'datasets.rowHistory',
  summary:
    'Read what happened to the cells of one row, newest first, also in the versions that this one was copied from',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/rows/{rowId}/history' },
  input: historyInput,
  output: z.object({
    version: z.int(),
    items: z.array(
      z.object({
        version: z.int(),
        changeSet: z.int(),
        kind: changeSet.shape.kind,
        what: whatHappened,
        before: shownCells,
        after: shownCells.meta({ description: 'null, as `before`: the row came or went in bulk' }),
        createdBy: z.uuid(),
        createdAt: z.string(),
      }),
    ),
    nextBefore: historyInput.shape.before.unwrap().nullable(),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, version, ...page }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], rows, columns] = await reader.together(
      wanted,
      selectHistory(tenantId, wanted.clearSelect().select('v.id'), page),
      query
        .selectFrom('dataset_columns')
        .select(['name', 'type'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', wanted.clearSelect().select('v.id')),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    const typeOf = typesOf(columns);
    const items = rows.slice(0, page.limit).map((row) => {
      const { number, what, ...each } = recorded.parse(row);
      return { ...each, changeSet: number, ...(what ? { what } : showChange(each, typeOf)) };
    });
    const last = items.at(-1);
    const more = rows.length > page.limit && last;
    return {
      version: found.number,
      items,
      nextBefore: more ? { version: last.version, changeSet: last.changeSet } : null,
    };
  },
});

/** The row's changes in the version and, up to the copy, in those that it was copied from: rowids are the same in all. */
function selectHistory(
  tenantId: string,
  wanted: Expression<unknown>,
  { rowId: row, limit, before }: Pick<z.output<typeof historyInput>, 'rowId' | 'limit' | 'before'>,
) {
  const beforeThat = before
    ? sql`where (version, number) < (${before.version}::integer, ${before.changeSet}::integer)`
    : sql``;
  return compilable(sql`
    with recursive past as (
      select v.id, v.number, v.change_count as until, v.copied_from, v.copied_change_set
      from dataset_versions v where v.tenant_id = ${tenantId} and v.id in (${wanted})
      union all
      select v.id, v.number, past.copied_change_set, v.copied_from, v.copied_change_set
      from past join dataset_versions v on v.tenant_id = ${tenantId} and v.id = past.copied_from
    ), touched as (
      select past.number as version, s.number, s.kind, null as what, c.before, c.after, s.created_by as "createdBy", s.created_at as "createdAt"
      from past join dataset_row_changes c on c.tenant_id = ${tenantId} and c.version_id = past.id and c.rowid = ${row} and c.change_set <= past.until
      join dataset_change_sets s on s.tenant_id = c.tenant_id and s.version_id = c.version_id and s.number = c.change_set
      union all
      select past.number, s.number, s.kind, case s.kind when 'revert' then 'deleted' else 'inserted' end, null, null, s.created_by, s.created_at
      from past join dataset_change_sets s on s.tenant_id = ${tenantId} and s.version_id = past.id
        and ${row} between s.first_rowid and s.last_rowid and s.number <= past.until
    )
    select * from touched ${beforeThat} order by version desc, number desc limit ${limit + 1}`);
}
