import type { TenantDb } from '@granary/db';
import { type ColumnType, columnType, type DeliveryMode, DomainError, type NewColumns } from '@granary/domain';
import { sql } from 'kysely';
import type { Inspection } from '../reading/inspection.ts';
import type { LoadSource } from './open-original.ts';

/** A column of the version that rows go into. */
export interface HeadColumn {
  readonly type: ColumnType;
  readonly holdsPseudonyms: boolean;
}

/** A file that is to be read, and what is to become of its rows. */
export interface Delivery extends LoadSource {
  readonly mode: DeliveryMode;
  readonly keyColumns: readonly string[];
  /** What becomes of columns that the dataset does not have. */
  readonly newColumns: NewColumns;
  /** The columns of the version that the rows go into, by name; empty where they replace it. */
  readonly columns: ReadonlyMap<string, HeadColumn>;
}

/** The columns of the version that is current. Another one may be when the rows are there; the merge looks again. */
export async function readHeadColumns(
  db: TenantDb,
  tenantId: string,
  datasetId: string,
): Promise<ReadonlyMap<string, HeadColumn>> {
  const columns = await db
    .selectFrom('datasets as d')
    .innerJoin('dataset_columns as c', (join) =>
      join.onRef('c.tenant_id', '=', 'd.tenant_id').onRef('c.version_id', '=', 'd.current_version_id'),
    )
    .select(['c.name', 'c.type', sql<boolean>`c.evidence ? 'pseudonym'`.as('holdsPseudonyms')])
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .execute();
  return new Map(
    columns.map(({ name, type, holdsPseudonyms }) => [name, { type: columnType.parse(type), holdsPseudonyms }]),
  );
}

/**
 * Whether a job copies the version that is current, or loads it again with pseudonyms: nothing goes into it until that is
 * done (app.thaw).
 */
export async function isHeadCopied(db: TenantDb, tenantId: string, datasetId: string): Promise<boolean> {
  const copy = await db
    .selectFrom('datasets as d')
    .innerJoin('dataset_versions as c', (join) =>
      join
        .onRef('c.tenant_id', '=', 'd.tenant_id')
        .onRef('c.dataset_id', '=', 'd.id')
        .on(({ eb, ref, or }) =>
          or([
            eb('c.copied_from', '=', ref('d.current_version_id')),
            eb('c.migrated_from', '=', ref('d.current_version_id')),
          ]),
        ),
    )
    .select('c.id')
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .where('c.state', '=', 'loading')
    .executeTakeFirst();
  return copy !== undefined;
}

/**
 * Refuses a file that does not go together with the version that its rows are meant for, before anything is written. A row
 * that does not is not looked for here: it goes to quarantine. Throws DomainError invalid, or limit_reached.
 */
export function requireFit(
  { columns: head, keyColumns, newColumns }: Delivery,
  { columns }: Inspection,
  maxColumns: number,
): void {
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
  const others = columns.filter(({ name, evidence }) => !head.has(name) && evidence.values + evidence.emptyStrings > 0);
  if (others.length > 0 && newColumns === 'refuse') {
    const named = others.slice(0, 10).map(({ name }) => name);
    const more = others.length > named.length ? ` and ${others.length - named.length} more` : '';
    throw new DomainError(
      'invalid',
      `the dataset has no column ${named.join(', ')}${more}: say newColumns add, or quarantine, if the file is the right one`,
      { columns: others.slice(0, 100).map(({ name }) => name) },
    );
  }
  if (newColumns === 'add' && head.size + others.length > maxColumns)
    throw new DomainError('limit_reached', `with the file's, the dataset would have more than ${maxColumns} columns`, {
      limit: maxColumns,
    });
}
