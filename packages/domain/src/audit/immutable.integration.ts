import { claimsOf } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'ours');
await owner.query(
  `select set_config('request.jwt.claims', $1, false), app.audit('test.write', 'done', 'test', null, '{}')`,
  [claimsOf(as.owner)],
);
await owner.query(`insert into audit_heads (tenant_id, sequence) values ($1, 1)`, [tenantId]);
await owner.query(
  `insert into audit_chain (tenant_id, sequence, event_id, previous_hash, canonical, hash)
   select $1, 1, id, sha256(''), '', sha256('') from audit_events where tenant_id = $1`,
  [tenantId],
);
await owner.query(
  `insert into audit_checkpoints (tenant_id, sequence, made_at, key_id, document) values ($1, 1, now(), 'k', '{}')`,
  [tenantId],
);

const tables = ['audit_events', 'audit_chain', 'audit_heads', 'audit_checkpoints'];
const statementsOn = (table: string) => [
  `insert into public.${table} select * from public.${table}`,
  `insert into public.${table} (tenant_id) values ('${tenantId}')`,
  `update public.${table} set tenant_id = tenant_id`,
  `delete from public.${table}`,
  `truncate public.${table}`,
  `alter table public.${table} disable trigger user`,
  `merge into public.${table} t using public.organizations o on o.id = t.tenant_id when matched then delete`,
];

/** The login that becomes it, and what it says of itself. */
const roles = [
  ['granary_api', 'granary_member'],
  ['granary_api', 'authenticated'],
  ['granary_api', 'granary_api'],
  ['granary_identity', 'granary_identity'],
  ['granary_worker', 'granary_worker'],
] as const;

// one each for all attempts: a connection an attempt would use up the server's
const pools = {
  granary_api: database.pool('granary_api', { poolSize: 1 }),
  granary_identity: database.pool('granary_identity', { poolSize: 1 }),
  granary_worker: database.pool('granary_worker', { poolSize: 1 }),
};

async function attempt(login: (typeof roles)[number][0], role: string, statement: string): Promise<string> {
  const client = await pools[login].connect();
  try {
    await client.query('begin');
    await client.query(
      `select set_config('request.jwt.claims', $1, true), set_config('granary.audit', 'maintained', true)`,
      [claimsOf(as.owner)],
    );
    if (role !== login) await client.query(`set local role ${role}`);
    await client.query(statement);
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'another error';
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe.each(roles)('%s as %s', (login, role) => {
  test.each(tables)('writes, changes and removes nothing of %s', async (table) => {
    for (const statement of statementsOn(table)) {
      // 42501: insufficient privilege; 42P01: without a right to the schema there is no such table
      expect(await attempt(login, role, statement), statement).toBeOneOf(['42501', '42P01', '3F000']);
    }
  });

  test('calls none of the functions that write past app.audit', async () => {
    for (const call of [
      `app.record_event('${tenantId}', 'x', 'done', 'x', null, '{}')`,
      'app.renumber_audit()',
      ...(role === 'granary_worker'
        ? []
        : [
            `app.audit_batch('${tenantId}', 1)`,
            `app.seal_audit('${tenantId}', '{}')`,
            `app.record_checkpoint('{}')`,
            `app.retain_audit('${tenantId}', 30, 1)`,
          ]),
      ...(role === 'granary_identity' ? [] : [`app.audit_person('x', 'done', 'x', null, '{}', 'X', null)`]),
    ])
      expect(await attempt(login, role, `select ${call}`), call).toBe('42501');
  });
});

test('the worker cannot have young events removed, whatever it calls the retention', async () => {
  const worker = pools.granary_worker;
  const { rows } = await worker.query('select app.retain_audit($1, 0, 1000000) as removed', [tenantId]);
  expect(rows).toEqual([{ removed: 0 }]);
});

test('the worker cannot sign what is not the chain’s', async () => {
  const document = {
    chain: tenantId,
    sequence: 2,
    hash: '0'.repeat(64),
    count: 1,
    time: new Date().toISOString(),
    key: 'k',
  };
  await expect(
    pools.granary_worker.query('select app.record_checkpoint($1)', [JSON.stringify(document)]),
  ).rejects.toMatchObject({ code: 'GR409' });
});

test('the owner of the tables is stopped by a trigger, which keeps from slips and from nothing else', async () => {
  for (const table of ['audit_events', 'audit_chain', 'audit_checkpoints'])
    for (const statement of [`update ${table} set tenant_id = tenant_id`, `delete from ${table}`, `truncate ${table}`])
      await expect(owner.query(statement), statement).rejects.toMatchObject({ code: 'GR403' });
});
