import type { Member } from '@granary/db';
import { recordStoredObject } from '@granary/db/testing';
import { makeKey, permissions } from '@granary/domain';
import type pg from 'pg';

export interface SampleDataset {
  readonly identity: Member;
  readonly datasetId: string;
  readonly versionId: string;
  /** The physical table, as a baseline without Granary would name it. */
  readonly table: string;
  readonly apiKey: string;
}

export const sampleColumns = [
  { name: 'id', type: 'bigint' },
  { name: 'name', type: 'text' },
  { name: 'score', type: 'double precision' },
  { name: 'day', type: 'date' },
  { name: 'active', type: 'boolean' },
  { name: 'note', type: 'text' },
] as const;

/** A published dataset of so many rows with six columns, its owner and an API key. */
export async function makeSampleDataset(owner: pg.Pool, rows: number): Promise<SampleDataset> {
  const one = async (text: string, values: unknown[] = []) => {
    const { rows: found } = await owner.query<{ value: string }>(text, values);
    return found[0]?.value ?? '';
  };
  const userId = await one(
    `insert into users (email, name) values ('bench-' || $1 || '@example.com', 'bench') returning id as value`,
    [rows],
  );
  const tenantId = await one(`select app.create_organization('bench', $1) as value`, [userId]);
  const datasetId = await one(
    `insert into datasets (tenant_id, owner_id, name) values ($1, $2, 'rows') returning id as value`,
    [tenantId, userId],
  );
  await recordStoredObject(owner, tenantId, '0'.repeat(64));
  const versionId = await one(
    `insert into dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, created_by)
     values ($1, $2, 1, repeat('0', 64), 0, 'rows.csv', $3) returning id as value`,
    [tenantId, datasetId, userId],
  );
  const table = await one('select app.create_data_table($1, 1, $2) as value', [
    versionId,
    JSON.stringify(sampleColumns),
  ]);
  await owner.query(
    `insert into data."${table}" (id, name, score, day, active, note)
     select i, 'name ' || i, i / 7.0, date '2026-01-01' + i % 365, i % 2 = 0, md5(i::text) from generate_series(1, $1::int) i`,
    [rows],
  );
  await owner.query('select app.finish_data_table($1, 1)', [versionId]);
  for (const [position, { name, type }] of sampleColumns.entries()) {
    await owner.query(
      `insert into dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type) values ($1, $2, $3, $4, 1, $5, $5, $6)`,
      [tenantId, datasetId, versionId, position, name, type],
    );
  }
  await owner.query(`update dataset_versions set state = 'ready', row_count = $2, published_at = now() where id = $1`, [
    versionId,
    rows,
  ]);
  await owner.query('update datasets set current_version_id = $2 where id = $1', [datasetId, versionId]);
  const keyId = await one('select app.uuidv7() as value');
  const { text, secretHash } = makeKey(keyId);
  await owner.query(
    `insert into api_keys (tenant_id, id, user_id, name, secret_hash, scopes) values ($1, $2, $3, 'bench', $4, $5)`,
    [tenantId, keyId, userId, secretHash, [...permissions]],
  );
  await owner.query('vacuum analyze');
  return { identity: { userId, tenantId }, datasetId, versionId, table, apiKey: text };
}
