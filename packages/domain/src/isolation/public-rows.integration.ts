import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization, recordStoredObject, withPublicRows } from '@granary/db/testing';
import { expect, test } from 'vitest';

/** Rows without an organization are the installation's: no member makes, changes or removes one, by whatever role. */
const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = database.pool('granary_api');
const { as, tenantId } = await createTestOrganization(owner, 'anybody');
const { rows: made } = await owner.query<{ id: string; installation: string }>(
  `insert into sources (connector, name) values ('generic', 'everybody''s') returning id, owner_id as installation`,
);
const { id: sourceId = '', installation = '' } = made[0] ?? {};
await owner.query(`insert into source_runs (source_id, trigger) values ($1, 'manual')`, [sourceId]);

async function attempt(identity: Member, role: string, statement: string): Promise<number | string> {
  const client = await api.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    await client.query(`set local role ${role}`);
    return (await client.query(statement)).rowCount ?? 0;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  } finally {
    await client.query('rollback');
    client.release();
  }
}

test.each(Object.keys(withPublicRows))('nobody writes a row of the installation into %s', async (table) => {
  for (const role of ['granary_member', 'authenticated']) {
    for (const member of [as.owner, as.admin, as.viewer]) {
      expect(await attempt(member, role, `insert into ${table} (tenant_id) values (null)`)).toBe('42501');
      expect(await attempt(member, role, `delete from ${table} where tenant_id is null`)).toBeOneOf([0, '42501']);
      expect(await attempt(member, role, `update ${table} set tenant_id = null`)).toBeOneOf([0, '42501']);
    }
  }
});

test('sources of the installation, and what they captured, are seen by nobody but operators', async () => {
  for (const table of ['sources', 'source_runs', 'captures', 'crawl_requests'])
    expect(await attempt(as.owner, 'granary_member', `select from ${table} where tenant_id is null`), table).toBe(0);
});

test('nothing refers from one owner to another, though one of them is nobody', async () => {
  const run = (tenant: string | null) =>
    owner.query(`insert into source_runs (tenant_id, source_id, trigger) values ($1, $2, 'import')`, [
      tenant,
      sourceId,
    ]);
  await expect(run(tenantId)).rejects.toMatchObject({ code: '23503' });
  await run(null);
  // an object of an organization is not the installation's
  await recordStoredObject(owner, tenantId, 'e'.repeat(64));
  const refer = () =>
    owner.query(`update source_runs set input_sha256 = repeat('e', 64) where source_id = $1`, [sourceId]);
  await expect(refer()).rejects.toMatchObject({ code: '23503' });
  await recordStoredObject(owner, installation, 'e'.repeat(64));
  await refer();
});
