import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import type { z } from 'zod';
import { DomainError } from '../../errors/domain-error.ts';
import type { ColumnType } from '../column-types.ts';
import type { CellValue } from '../row-values.ts';
import { columnType } from '../schema.ts';
import { cellText } from './cell-text.ts';
import type { changedRows, RowChange } from './schema.ts';

export interface ChangeRequest {
  readonly datasetId: string;
  readonly version: number;
  readonly changes: readonly RowChange[];
}

/**
 * Writes one change set as the caller. Throws DomainError invalid for a cell that is not of its column's type; for all else
 * that may be wrong, app.change_rows rejects.
 */
export async function applyChanges(
  db: TenantDb,
  tenantId: string,
  { datasetId, version, changes }: ChangeRequest,
): Promise<z.input<typeof changedRows>> {
  const typeOf = await readTypes(db, tenantId, { datasetId, version, changes });
  const operations = changes.map((change, index) => {
    try {
      return toOperation(change, typeOf);
    } catch (error) {
      throw error instanceof DomainError ? atOperation(error, index) : error;
    }
  });
  const { rows } = await sql<{ changed: z.input<typeof changedRows> }>`
    select app.change_rows(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(operations)}::jsonb) as changed`.execute(
    db,
  );
  return rows[0]!.changed;
}

/** The types of the columns that are named, in the version that the caller saw; none where they may not read it. */
async function readTypes(
  db: TenantDb,
  tenantId: string,
  { datasetId, version, changes }: ChangeRequest,
): Promise<ReadonlyMap<string, ColumnType>> {
  const names = [...new Set(changes.flatMap((change) => Object.keys(cellsOf(change))))];
  if (names.length === 0) return new Map();
  const columns = await db
    .selectFrom('dataset_versions as v')
    .innerJoin('dataset_columns as c', (join) =>
      join.onRef('c.tenant_id', '=', 'v.tenant_id').onRef('c.version_id', '=', 'v.id'),
    )
    .select(['c.name', 'c.type'])
    .where('v.tenant_id', '=', tenantId)
    .where('v.dataset_id', '=', datasetId)
    .where('v.number', '=', version)
    .where(sql<boolean>`c.name = any (${names}::text[])`)
    .execute();
  return new Map(columns.map(({ name, type }) => [name, columnType.parse(type)]));
}

function cellsOf(change: RowChange): Readonly<Record<string, CellValue>> {
  return change.op === 'update' ? change.set : change.op === 'insert' ? change.values : {};
}

function toOperation(change: RowChange, typeOf: ReadonlyMap<string, ColumnType>): object {
  switch (change.op) {
    case 'delete':
      return { op: 'delete', rowid: change.rowId, revision: change.revision };
    case 'update':
      return { op: 'update', rowid: change.rowId, revision: change.revision, set: toTexts(change.set, typeOf) };
    case 'insert':
      return { op: 'insert', values: toTexts(change.values, typeOf) };
  }
}

function toTexts(cells: Readonly<Record<string, CellValue>>, typeOf: ReadonlyMap<string, ColumnType>): object {
  return Object.fromEntries(
    Object.entries(cells).map(([name, value]) => {
      const type = typeOf.get(name);
      return [name, type ? cellText(type, value, name) : null]; // an unknown column is the command's to refuse
    }),
  );
}

const atOperation = ({ kind, message, details }: DomainError, index: number): DomainError =>
  new DomainError(kind, message, { ...details, operation: index + 1 });
