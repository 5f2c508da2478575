import { type Identity, readAsUser, type TenantDb, type TextRow } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../actions/execute-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { rowSelection } from '../exports/schema.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchVersion } from './missing-version.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { readPageCells } from './page-cells.ts';
import { readTooLong } from './read-too-long.ts';
import type { RowCursor } from './row-cursor.ts';
import { exportedText } from './row-values.ts';
import { planRows } from './rows-query.ts';
import { columnType, versionName } from './schema.ts';
import { selectVersion } from './version-query.ts';

const exportedColumn = z.object({ name: z.string(), originalName: z.string(), type: columnType, chunk: z.int() });

/**
 * The part of an export that is an action: it decides whether the caller may, which version it will be, and leaves the
 * audit event. Not in the registry, because what it begins is a stream.
 */
export const beginExport = defineMutation({
  name: 'datasets.export',
  summary: 'Export all rows of a version, or those that a filter selects, as CSV',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/rows.csv' },
  input: z.object({
    datasetId: z.uuid(),
    version: versionName.optional(),
    ...rowSelection.shape,
  }),
  output: z.object({
    datasetName: z.string(),
    versionId: z.uuid(),
    version: z.int(),
    changeSet: z.int(),
    columns: z.array(exportedColumn),
    rows: z.int(),
    indexed: z.array(z.string()),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ columns, filter }, { version }) => ({ version, columns, filtered: filter !== undefined }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version, ...request }) {
    const [found] = (
      await db.executeQuery(selectVersion(tenantId, datasetId, version).select('v.change_count as changeSet'))
    ).rows;
    const [dataset] = (await db.executeQuery(selectDataset(tenantId, datasetId))).rows;
    if (!dataset) throw noSuchDataset();
    if (found?.state !== 'ready') throw noSuchVersion(datasetId, version);
    const columns = await db
      .selectFrom('dataset_columns')
      .select(['name', 'original_name as originalName', 'type', 'chunk'])
      .where('tenant_id', '=', tenantId)
      .where('version_id', '=', found.id)
      .orderBy('position')
      .execute();
    const output = {
      datasetName: dataset.name,
      versionId: found.id,
      version: found.number,
      changeSet: found.changeSet,
      columns: columns.map((each) => exportedColumn.parse(each)),
      rows: found.rows ?? 0,
      indexed: await indexedColumns(db, found.id),
    };
    planRows({ ...output, number: output.version }, { ...request, limit: 1 }); // what does not fit is refused before the event
    return output;
  },
});

export interface RowsExport {
  readonly datasetName: string;
  readonly version: number;
  /** The version's last one when the export began; a stream sees also what is changed on its way. */
  readonly changeSet: number;
  /** The exported ones, in order. */
  readonly columns: readonly z.output<typeof exportedColumn>[];
  /**
   * The rows, some at a time: cells as text (numbers with all their digits, times in ISO 8601, JSON) or null. Throws
   * when the caller may no longer read them, or the version is deleted meanwhile: an export never ends early in silence.
   */
  readonly pages: AsyncGenerator<TextRow[]>;
}

async function indexedColumns(db: TenantDb, versionId: string): Promise<string[]> {
  const { rows } = await sql<{ columns: string[] }>`select app.indexed_columns(${versionId}::uuid) as columns`.execute(
    db,
  );
  return rows[0]?.columns ?? [];
}

const rowid = { name: 'rowid', originalName: 'rowid', type: 'bigint', chunk: 0 } as const;

/** A page is to hold this much text, so that wide rows and long cells need no more memory than short ones. */
const pageCharacters = 2 * 1024 ** 2;
const mostRows = 2048;

/**
 * Begins an export: the version stays the same to its end, however long that takes and whatever is published meanwhile.
 * Every page is a read of its own, authorised anew; between pages no connection is held. Throws DomainError.
 */
export async function exportRows(
  dependencies: ActionDependencies,
  identity: Identity,
  input: unknown,
): Promise<RowsExport> {
  const begun = beginExport.output.parse(await executeAction(dependencies, beginExport, identity, input));
  const request = beginExport.input.parse(input);
  const byName = new Map([rowid, ...begun.columns].map((column) => [column.name, column]));
  const columns = request.columns?.map((name) => byName.get(name)!) ?? begun.columns;
  return { ...begun, columns, pages: readPages(dependencies, identity, begun, { ...request, columns }) };
}

async function* readPages(
  { database }: ActionDependencies,
  identity: Identity,
  begun: z.output<typeof beginExport.output>,
  {
    datasetId,
    columns,
    filter,
    order,
  }: Omit<z.output<typeof beginExport.input>, 'columns'> & Pick<RowsExport, 'columns'>,
): AsyncGenerator<TextRow[]> {
  const reader = readAsUser(database, identity, 'dataset:read');
  const version = { ...begun, number: begun.version };
  const names = columns.map(({ name }) => name);
  let cursor: RowCursor | undefined;
  let limit = 64;
  for (;;) {
    const plan = planRows(version, { columns: names, filter, order, limit, cursor });
    const { versionId, rows } = await reader.dataset({ datasetId, version: begun.version }, plan.page).catch(dropped);
    if (versionId !== begun.versionId) throw gone();
    const page = await readPageCells(reader, version, plan, rows.slice(0, limit));
    if (page.cells.length > 0)
      yield page.cells.map((row) => row.map((text, at) => exportedText(columns[at]!.type, text)));
    if (rows.length <= limit || !page.last) return;
    cursor = { version: begun.version, order: '', last: page.last };
    limit = nextLimit(limit, page.cells);
  }
}

/** Twice, half or as many rows: few different limits, so that the statements stay prepared. */
export function nextLimit(limit: number, cells: readonly TextRow[]): number {
  const characters = cells.reduce(
    (sum, row) => sum + row.reduce((inner, text) => inner + 1 + (text?.length ?? 0), 0),
    0,
  );
  if (characters * 2 < pageCharacters) return Math.min(limit * 2, mostRows);
  return characters > pageCharacters * 2 ? Math.max(Math.floor(limit / 2), 1) : limit;
}

export const gone = (cause?: unknown): DomainError =>
  new DomainError('not_found', 'the version is no longer there', {}, { cause });

/** Its table goes with the version (undefined_table). */
function dropped(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === '42P01') throw gone(error);
  return readTooLong(error);
}
