import type { Compilable } from 'kysely';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery, type QueryContext } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { CatalogueVersion } from '../catalogue-memory.ts';
import { readVersion } from '../read-version.ts';
import { columnsOf, type ReferredColumn } from '../row-columns.ts';
import { cellValue } from '../row-values.ts';
import { compilable, groupsOf, selectByRowids, tablesOf } from '../rows-query.ts';
import { cell, versionName } from '../schema.ts';
import { revision, rowId } from './schema.ts';

const rowInput = z.object({
  datasetId: z.uuid(),
  rowId,
  version: versionName.optional(),
  columns: z.array(z.string().max(63)).min(1).max(20_000).optional(),
});

export const getRow = defineQuery({
  name: 'datasets.row',
  summary: 'Read one row, with the version and the revision that a change of it has to name',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/rows/{rowId}' },
  input: rowInput,
  output: z.object({ version: z.int(), rowId, revision, cells: z.record(z.string(), cell) }),
  run: readRow,
});

type RowInput = z.output<typeof rowInput>;

interface RowPlan {
  readonly page: Compilable<unknown>;
  readonly head: readonly ReferredColumn[];
  readonly rest: readonly (readonly ReferredColumn[])[];
}

async function readRow(context: QueryContext, input: RowInput) {
  const { reader, identity } = context;
  const { version, plan, rows } = await readVersion(context, input, (seen) => planRow(identity.tenantId, seen, input));
  const [row] = rows;
  if (!row) throw new DomainError('not_found', `there is no row ${input.rowId}`, { rowId: input.rowId });
  const [touched, ...texts] = row;
  const cells = plan.head.map((column, index) => [column.name, shown(column, texts[index] ?? null)]);
  for (const group of plan.rest) {
    const [more] = await reader.text(selectByRowids(version, group, [String(input.rowId)]));
    if (!more) throw new DomainError('conflict', 'the row was deleted while it was read');
    cells.push(...group.map((column, index) => [column.name, shown(column, more[index + 1] ?? null)]));
  }
  return {
    version: version.number,
    rowId: input.rowId,
    revision: Number(touched),
    cells: Object.fromEntries(cells),
  };
}

const shown = ({ type }: ReferredColumn, text: string | null) => cellValue(type === 'rowid' ? 'bigint' : type, text);

/** The revision as app.row_revisions has it, then the columns that fit into one select list. */
function planRow(tenantId: string, version: CatalogueVersion, { rowId: row, columns }: RowInput): RowPlan {
  const { versionId } = version;
  const selected = (columns ?? version.columns.map(({ name }) => name)).map(columnsOf(version));
  const [head = [], ...rest] = groupsOf(selected, 1);
  const touched = sql`greatest(
    (select coalesce(max(c.change_set), 0) from dataset_row_changes c
      where c.tenant_id = ${tenantId} and c.version_id = ${versionId} and c.rowid = ${row}),
    (select coalesce(max(s.number), 0) from dataset_change_sets s
      where s.tenant_id = ${tenantId} and s.version_id = ${versionId} and ${row} between s.first_rowid and s.last_rowid))`;
  const list = sql.join([touched, ...head.map(({ reference }) => reference)]);
  const used = new Set(head.map(({ chunk }) => chunk));
  return { page: compilable(sql`select ${list} from ${tablesOf(versionId, used)} where rowid = ${row}`), head, rest };
}
