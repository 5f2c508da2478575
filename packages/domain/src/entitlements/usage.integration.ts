import type { Identity, Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { getUsage } from './get-usage.ts';
import type { PlanName } from './plans.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function act(name: string, identity: Identity, input: Record<string, unknown> = {}) {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return (await executeAction(dependencies, action, identity, input)) as Record<string, unknown>;
}
async function on(plan: PlanName) {
  const organization = await createTestOrganization(owner, `on ${plan} ${crypto.randomUUID()}`);
  await owner.query('update organizations set plan = $2 where id = $1', [organization.tenantId, plan]);
  return organization;
}
const override = ({ tenantId }: Member, entitlement: string, value: number | null, expires: string | null = null) =>
  owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason, expires_at) values ($1, $2, $3, 'test', now() + $4::interval)
     on conflict (tenant_id, entitlement) do update set value = excluded.value, expires_at = excluded.expires_at`,
    [tenantId, entitlement, value, expires],
  );
const usage = async (identity: Member) => getUsage.output.parse(await act('usage.get', identity));
const limitOf = async (identity: Member, name: string) =>
  (await usage(identity)).limits.find((each) => each.name === name) ?? expect.fail(name);

/** An operator of the installation, who is a member of nothing. */
async function operator(): Promise<Identity> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into users (email) values ('operator@example.org') returning id`,
  );
  await owner.query('insert into identity.operators (user_id) values ($1)', [rows[0]!.id]);
  return { userId: rows[0]!.id };
}

test('of 100 datasets made at once under a limit of 10, exactly 10 are made', async () => {
  const { as } = await on('free');
  const made = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => act('datasets.create', as.editor, { name: `dataset ${index}` })),
  );
  const refused = made.filter((each) => each.status === 'rejected');
  expect(refused).toHaveLength(90);
  for (const { reason } of refused)
    expect(reason).toMatchObject({
      kind: 'limit_reached',
      message: 'the organization has a limit of 10 datasets, and 10 are used',
      details: { entitlement: 'datasets', plan: 'free', limit: 10, used: 10, requested: 1 },
    });
  expect(await limitOf(as.editor, 'datasets')).toMatchObject({ limit: 10, used: 10 });
  const [one] = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await act('datasets.delete', as.editor, { datasetId: (one as { dataset: { id: string } }).dataset.id });
  await act('datasets.create', as.editor, { name: 'in its place' });
  await expect(act('datasets.create', as.editor, { name: 'one more' })).rejects.toMatchObject({
    kind: 'limit_reached',
  });
});

test('rows of all versions count, when they are loaded and when they are inserted', async () => {
  const { as } = await on('free');
  await override(as.editor, 'rows', 3);
  const { dataset } = (await act('datasets.create', as.editor, { name: 'rows' })) as { dataset: { id: string } };
  const datasetId = dataset.id;
  const table = { columns: [{ name: 'id', type: 'bigint' as const }], rows: [['1'], ['2']] };
  await publishVersion(owner, { ...as.editor, datasetId }, table);
  expect(await limitOf(as.viewer, 'rows')).toMatchObject({ limit: 3, used: 2, isOverride: true });
  const insert = (count: number) =>
    act('datasets.insertRows', as.editor, {
      datasetId,
      version: 1,
      rows: Array.from({ length: count }, () => ({ id: 9 })),
    });
  await expect(insert(2)).rejects.toMatchObject({
    kind: 'limit_reached',
    details: { entitlement: 'rows', limit: 3, used: 2, requested: 2 },
  });
  await insert(1);
  await expect(publishVersion(owner, { ...as.editor, datasetId }, table)).rejects.toMatchObject({ code: 'GR429' });
  expect(await limitOf(as.viewer, 'rows')).toMatchObject({ used: 3 });
});

test('an override holds until it expires, and null means no limit', async () => {
  const { as } = await on('free');
  await override(as.editor, 'members', null);
  expect(await limitOf(as.editor, 'members')).toMatchObject({ limit: null, isOverride: true, expiresAt: null });
  await override(as.editor, 'members', 99, '1 day');
  expect(await limitOf(as.editor, 'members')).toMatchObject({ limit: 99, expiresAt: expect.any(String) });
  await override(as.editor, 'members', 99, '-1 second');
  expect(await limitOf(as.editor, 'members')).toMatchObject({ limit: 3, isOverride: false, expiresAt: null });
});

test('a feature that the plan does not include is refused by the database, whoever asks', async () => {
  const { as, tenantId } = await on('free');
  await expect(act('roles.create', as.owner, { name: 'curator', permissions: ['dataset:read'] })).rejects.toMatchObject(
    {
      kind: 'forbidden',
      message: 'the plan of the organization does not include custom roles',
      details: { entitlement: 'custom_roles', plan: 'free' },
    },
  );
  await expect(
    owner.query(`insert into datasets (tenant_id, owner_id, name, identifiers) values ($1, $2, 'people', '{id}')`, [
      tenantId,
      as.owner.userId,
    ]),
  ).rejects.toMatchObject({ code: 'GR403' });
  await owner.query(`update organizations set plan = 'business' where id = $1`, [tenantId]);
  await act('roles.create', as.owner, { name: 'curator', permissions: ['dataset:read'] });
});

test('whoever runs the installation changes plans and overrides; a smaller plan takes nothing away', async () => {
  const { as, tenantId } = await on('unlimited');
  const runs = await operator();
  const organizationId = tenantId;
  expect((await usage(as.owner)).limits.every(({ limit }) => limit === null)).toBe(true);
  for (let index = 0; index < 11; index += 1) await act('datasets.create', as.editor, { name: `dataset ${index}` });
  await act('plans.set', runs, { organizationId, plan: 'free' });
  expect(await limitOf(as.owner, 'datasets')).toMatchObject({ limit: 10, used: 11 });
  await expect(act('datasets.create', as.editor, { name: 'more' })).rejects.toMatchObject({ kind: 'limit_reached' });
  await act('plans.override', runs, {
    organizationId,
    entitlement: 'datasets',
    value: 12,
    reason: 'until they upgrade',
  });
  await act('datasets.create', as.editor, { name: 'more' });
  await act('plans.endOverride', runs, { organizationId, entitlement: 'datasets' });
  expect(await limitOf(as.owner, 'datasets')).toMatchObject({ limit: 10, used: 12 });
  await expect(act('plans.set', as.owner, { organizationId, plan: 'unlimited' })).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await expect(
    act('plans.override', runs, { organizationId, entitlement: 'pseudonyms', value: 2, reason: 'x' }),
  ).rejects.toMatchObject({ kind: 'invalid' });
});

test('what the store holds counts when an upload begins, exactly also when many begin at once', async () => {
  const { as } = await on('free');
  await override(as.editor, 'bytes', 1000);
  const begun = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => act('uploads.begin', as.editor, { fileName: `${index}.csv`, bytes: 300 })),
  );
  expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await limitOf(as.editor, 'bytes')).toMatchObject({ limit: 1000, used: 900 });
});
