import type { TenantDb } from '@granary/db';
import { type ColumnType, columnType, type DeliveryMode, DomainError } from '@granary/domain';
import type { Inspection } from '../reading/inspection.ts';
import type { LoadSource } from './open-original.ts';

/** A file that is to be read, and what is to become of its rows. */
export interface Delivery extends LoadSource {
  readonly mode: DeliveryMode;
  readonly keyColumns: readonly string[];
  /** The columns of the version that the rows go into, by name; empty where they replace it. */
  readonly columns: ReadonlyMap<string, ColumnType>;
}

/** The columns of the version that is current. Another one may be when the rows are there; the merge looks again. */
export async function readHeadColumns(
  db: TenantDb,
  tenantId: string,
  datasetId: string,
): Promise<ReadonlyMap<string, ColumnType>> {
  const columns = await db
    .selectFrom('datasets as d')
    .innerJoin('dataset_columns as c', (join) =>
      join.onRef('c.tenant_id', '=', 'd.tenant_id').onRef('c.version_id', '=', 'd.current_version_id'),
    )
    .select(['c.name', 'c.type'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .execute();
  return new Map(columns.map(({ name, type }) => [name, columnType.parse(type)]));
}

/**
 * Refuses rows that go into others where the text of those set apart may not be kept: it is found again in the file, unsealed.
 * Throws DomainError precondition.
 */
export function requirePlain({ mode, identifiers, options }: Delivery): void {
  if (mode === 'replace' || (identifiers.length === 0 && options.keepOriginal !== false)) return;
  throw new DomainError(
    'precondition',
    'a dataset with identifiers, or without originals, takes whole files only: load the file without append or upsert',
    { mode },
  );
}

/**
 * Refuses a file that does not go together with the version that its rows are meant for, before anything is written. A row
 * that does not is not looked for here: it goes to quarantine. Throws DomainError invalid.
 */
export function requireFit({ columns: head, keyColumns }: Delivery, { columns }: Inspection): void {
  const shared = columns.filter(({ name }) => head.has(name));
  if (shared.length === 0) {
    throw new DomainError('invalid', 'the file and the dataset have no column in common', {
      fileColumns: columns.slice(0, 100).map(({ name }) => name),
      datasetColumns: [...head.keys()].slice(0, 100),
    });
  }
  const missingKey = keyColumns.find((key) => !shared.some(({ name }) => name === key));
  if (missingKey !== undefined) {
    throw new DomainError('invalid', `the file has no column ${missingKey}, which is a key`, { column: missingKey });
  }
}
