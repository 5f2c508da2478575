import type { Identity, Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { describeDataset } from '../datasets/describe-dataset.ts';
import { getDataset } from '../datasets/get-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { DomainError } from '../errors/domain-error.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { explainAccess } from './explain-access.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const organization = await createTestOrganization(owner, 'explained');
const { as, tenantId, roleIds } = organization;

const explain = async (asking: Identity, input: Record<string, unknown>) =>
  explainAccess.output.parse(await executeAction(dependencies, explainAccess, asking, input));

async function makeDataset(by: Member, name: string): Promise<string> {
  const made = await executeAction(dependencies, createDataset, by, { name });
  return createDataset.output.parse(made).dataset.id;
}
async function makeKey(by: Member, scopes: readonly string[]): Promise<string> {
  const made = await executeAction(dependencies, createApiKey, by, { name: 'k', scopes });
  return createApiKey.output.parse(made).key.id;
}

async function makeOperator(): Promise<Identity> {
  const { rows } = await owner.query(`insert into users (email) values ('operator@granary.example') returning id`);
  await owner.query('insert into identity.operators (user_id) values ($1)', [rows[0].id]);
  return { userId: rows[0].id };
}

/** Whether it works in reality: an action with that permission on that dataset, and for reading the policy as well. */
const trials = {
  'dataset:read': (who: Member, datasetId: string) => executeAction(dependencies, getDataset, who, { datasetId }),
  'dataset:write': (who: Member, datasetId: string) =>
    executeAction(dependencies, describeDataset, who, { datasetId, description: 'tried' }),
  'dataset:admin': (who: Member, datasetId: string) => executeAction(dependencies, shareDataset, who, { datasetId }),
} as const;

async function works(permission: keyof typeof trials, who: Member, datasetId: string): Promise<boolean> {
  try {
    await trials[permission](who, datasetId);
    return true;
  } catch (error) {
    if (error instanceof DomainError && ['not_found', 'forbidden', 'unauthenticated'].includes(error.kind))
      return false;
    throw error;
  }
}

describe('what it says is what happens', async () => {
  const datasetId = await makeDataset(as.editor, 'shared around');
  const operator = await makeOperator();
  const access = fc.constantFrom('read', 'write', 'admin');
  const state = fc.record({
    permission: fc.constantFrom('dataset:read', 'dataset:write', 'dataset:admin'),
    who: fc.constantFrom('editor', 'colleague', 'viewer', 'auditor', 'admin'),
    member: fc.option(access),
    role: fc.option(fc.record({ name: fc.constantFrom('editor', 'viewer', 'auditor'), access })),
    everybody: fc.boolean(),
    key: fc.option(fc.uniqueArray(fc.constantFrom('dataset:read', 'dataset:write', 'dataset:admin'), { minLength: 1 })),
    spoiled: fc.constantFrom('no', 'no', 'key revoked', 'key off', 'key expired', 'key elsewhere', 'person', 'member'),
  });

  const plain = {
    permission: 'dataset:read',
    who: 'editor',
    member: null,
    role: null,
    everybody: false,
    key: null,
    spoiled: 'no',
  } as const;

  test('for every share, role, scope and lapse of a dataset', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(state, async ({ permission, who, member, role, everybody, key, spoiled }) => {
        const { userId } = as[who];
        await owner.query('delete from dataset_shares where dataset_id = $1', [datasetId]);
        const share = (user: string | null, roleId: string | null, granted: string) =>
          owner.query(
            'insert into dataset_shares (tenant_id, dataset_id, user_id, role_id, access) values ($1, $2, $3, $4, $5)',
            [tenantId, datasetId, user, roleId, granted],
          );
        if (member) await share(userId, null, member);
        if (role) await share(null, roleIds[role.name] ?? null, role.access);
        if (everybody) await share(null, null, 'read');
        // to change a row it has to be seen as well, so what writes or administers reads
        const scopes = permission === 'dataset:read' ? key : [...new Set([...(key ?? []), 'dataset:read'])];
        const keys = await owner.query<{ id: string }>(
          `insert into api_keys (tenant_id, user_id, name, secret_hash, scopes, revoked_at, is_active, expires_at, allowed_networks)
           values ($1, $2, 'k', sha256(app.uuidv7()::text::bytea), $3, $4::timestamptz, $5, $6::timestamptz, $7::cidr[]) returning id`,
          [
            tenantId,
            userId,
            scopes ?? ['dataset:read'],
            spoiled === 'key revoked' ? '2026-01-01' : null,
            spoiled !== 'key off',
            spoiled === 'key expired' ? '2026-01-01' : null,
            spoiled === 'key elsewhere' ? ['192.0.2.0/24'] : null,
          ],
        );
        const keyId = key ? keys.rows[0]!.id : undefined;
        await owner.query('update users set is_active = $2 where id = $1', [userId, spoiled !== 'person']);
        // as removing does: roles go, the membership stays and is marked
        const roles = await owner.query('select role_id from user_roles where user_id = $1', [userId]);
        if (spoiled === 'member') {
          await owner.query('update memberships set left_at = now() where user_id = $1', [userId]);
          await owner.query('delete from user_roles where user_id = $1', [userId]);
        }
        const happened = await works(permission, { userId, tenantId, ...(keyId && { keyId }) }, datasetId);
        const said = await explain(operator, { permission, datasetId, userId, keyId, organizationId: tenantId });
        await owner.query('update users set is_active = true where id = $1', [userId]);
        if (spoiled === 'member') {
          await owner.query('update memberships set left_at = null where user_id = $1', [userId]);
          for (const { role_id } of roles.rows)
            await owner.query('insert into user_roles (tenant_id, user_id, role_id) values ($1, $2, $3)', [
              tenantId,
              userId,
              role_id,
            ]);
        }
        seen.add(said.reason);
        expect(said.allowed, said.sentence).toBe(happened);
        expect(said.sentence.startsWith('allowed')).toBe(happened);
      }),
      {
        numRuns: 150,
        examples: [
          [plain],
          [{ ...plain, who: 'colleague' }],
          [{ ...plain, who: 'viewer', member: 'read' }],
          [{ ...plain, who: 'colleague', everybody: true, permission: 'dataset:write' }],
          [{ ...plain, who: 'auditor', member: 'admin' }],
          [{ ...plain, permission: 'dataset:write', key: ['dataset:admin'] }],
        ],
      },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining(['owner', 'share', 'share_too_weak', 'no_role', 'no_access_to_dataset', 'key_scope']),
    );
  });
});

test('one hears of oneself, with the credential that one comes with', async () => {
  const keyId = await makeKey(as.editor, ['dataset:read']);
  expect(await explain(as.editor, { permission: 'dataset:write' })).toMatchObject({
    allowed: true,
    reason: 'role',
    keyId: null,
    roles: [{ name: 'editor', grants: true }],
  });
  expect(await explain({ ...as.editor, keyId }, { permission: 'dataset:write' })).toMatchObject({
    allowed: false,
    reason: 'key_scope',
    keyId,
    keyHasScope: false,
  });
});

test('a key hears of itself alone, not of its maker, unless it may manage members', async () => {
  const asKey = { ...as.editor, keyId: await makeKey(as.editor, ['dataset:read']) };
  const other = await makeKey(as.editor, ['dataset:read']);
  await expect(explain(asKey, { permission: 'dataset:read', userId: as.editor.userId })).rejects.toMatchObject({
    kind: 'not_found',
  });
  await expect(explain(asKey, { permission: 'dataset:read', keyId: other })).rejects.toMatchObject({
    kind: 'not_found',
  });
  const managing = { ...as.admin, keyId: await makeKey(as.admin, ['member:write']) };
  expect(await explain(managing, { permission: 'dataset:read', keyId: other })).toMatchObject({ allowed: true });
});

test('who does not manage members hears of nobody else, and who does of nobody elsewhere', async () => {
  const elsewhere = await createTestOrganization(owner, 'elsewhere');
  const refused = { kind: 'not_found' };
  await expect(explain(as.editor, { permission: 'dataset:read', userId: as.viewer.userId })).rejects.toMatchObject(
    refused,
  );
  await expect(
    explain(as.owner, {
      permission: 'dataset:read',
      userId: elsewhere.as.viewer.userId,
      organizationId: elsewhere.tenantId,
    }),
  ).rejects.toMatchObject(refused);
  // of this organization: whether such a person exists at all is not said
  const stranger = await explain(as.owner, { permission: 'dataset:read', userId: elsewhere.as.viewer.userId });
  expect(stranger).toMatchObject({ allowed: false, reason: 'not_a_member', roles: [] });
});

test('of a colleague’s private dataset an administrator hears nothing, as of one that never was', async () => {
  const datasetId = await makeDataset(as.editor, 'private');
  const ask = (id: string) =>
    explain(as.admin, { permission: 'dataset:read', userId: as.viewer.userId, datasetId: id }).catch(
      (error: unknown) => error,
    );
  const real = await ask(datasetId);
  expect(real).toBeInstanceOf(DomainError);
  expect(real).toEqual(await ask(as.viewer.userId));
  expect(await explain(as.admin, { permission: 'dataset:read', datasetId })).toMatchObject({
    allowed: false,
    reason: 'no_access_to_dataset',
    shares: [],
  });
});

test('asking leaves the caller who they were, and acting as somebody is nobody’s to call', async () => {
  const claims = JSON.stringify({ sub: as.owner.userId, tenant_id: tenantId });
  const after = await dependencies.identity.database.kysely.transaction().execute(async (transaction) => {
    await sql`select set_config('request.jwt.claims', ${claims}, true)`.execute(transaction);
    await sql`select app.explain_access(${as.viewer.userId}::uuid, null, null, 'dataset:read', null, null)`.execute(
      transaction,
    );
    return sql<{ claims: string }>`select current_setting('request.jwt.claims') as claims`.execute(transaction);
  });
  expect(after.rows).toEqual([{ claims }]);
  const { rows } = await owner.query(
    `select rolname from pg_roles where has_function_privilege(oid, 'app.may_as(jsonb, text, uuid, uuid)', 'execute')
       and rolname in ('granary_api', 'granary_identity', 'granary_member', 'granary_worker', 'authenticated', 'anon')`,
  );
  expect(rows).toEqual([]);
});

test('a key is not told what its owner is in another organization; its owner is', async () => {
  const { tenantId: elsewhere } = await createTestOrganization(owner, 'elsewhere');
  await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [elsewhere, as.editor.userId]);
  const asked = { permission: 'dataset:read', organizationId: elsewhere };
  expect(await explain(as.editor, asked)).toMatchObject({ organizationId: elsewhere, reason: 'no_role' });
  const keyId = await makeKey(as.editor, ['dataset:read']);
  await expect(explain({ ...as.editor, keyId }, asked)).rejects.toMatchObject({ kind: 'not_found' });
  expect((await explain({ ...as.editor, keyId }, { permission: 'dataset:read' })).allowed).toBe(true);
});
