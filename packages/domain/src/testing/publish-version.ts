import { recordStoredObject } from '@granary/db/testing';
import type pg from 'pg';
import type { ColumnType } from '../datasets/column-types.ts';

export interface TestTable {
  /** Column names and types; spread over chunk tables of `chunkSize` columns. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Cells in Postgres' text form. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly chunkSize?: number;
}

/** Publishes a version of a dataset as the worker would, but from rows in memory; `owner` is a pool of the schema's owner. */
export async function publishVersion(
  owner: pg.Pool,
  dataset: { readonly tenantId: string; readonly datasetId: string; readonly userId: string },
  { columns, rows, chunkSize = 100 }: TestTable,
): Promise<{ versionId: string }> {
  const { tenantId, datasetId, userId } = dataset;
  await recordStoredObject(owner, tenantId, '0'.repeat(64));
  const created = await owner.query<{ id: string }>(
    `insert into dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, created_by)
     select $1, $2, coalesce(max(number), 0) + 1, repeat('0', 64), 0, 'rows.csv', $3 from dataset_versions where dataset_id = $2 returning id`,
    [tenantId, datasetId, userId],
  );
  const versionId = created.rows[0]!.id;
  for (let start = 0; start < columns.length; start += chunkSize) {
    const chunk = start / chunkSize + 1;
    const part = columns.slice(start, start + chunkSize);
    const made = await owner.query<{ name: string }>('select app.create_data_table($1, $2, $3) as name', [
      versionId,
      chunk,
      JSON.stringify(part),
    ]);
    const list = part.map(({ name }) => `"${name}"`).join(', ');
    const parameters = part.map((_, index) => `$${index + 1}`).join(', ');
    for (const row of rows) {
      await owner.query(
        `insert into data."${made.rows[0]!.name}" (${list}) values (${parameters})`,
        row.slice(start, start + chunkSize),
      );
    }
    await owner.query('select app.finish_data_table($1, $2)', [versionId, chunk]);
    for (const [index, { name, type }] of part.entries()) {
      await owner.query(
        `insert into dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type) values ($1, $2, $3, $4, $5, $6, $6, $7)`,
        [tenantId, datasetId, versionId, start + index, chunk, name, type],
      );
    }
  }
  await owner.query(`update dataset_versions set state = 'ready', row_count = $2, published_at = now() where id = $1`, [
    versionId,
    rows.length,
  ]);
  await owner.query(
    `insert into dataset_loads (tenant_id, dataset_id, version_id, state, input_rows, loaded_rows, quarantined_rows) values ($1, $2, $3, 'ready', $4, $4, 0)`,
    [tenantId, datasetId, versionId, rows.length],
  );
  await owner.query('select app.make_current($1)', [versionId]);
  return { versionId };
}
