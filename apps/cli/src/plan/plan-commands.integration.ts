import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { tenantId } = await createTestOrganization(owner, 'on a plan');
const granary = (...args: string[]) => runCli(args, { DATABASE_URL: database.url('postgres') });
const limitOf = async (entitlement: string) => {
  const { rows } = await owner.query('select app.entitlement_of($1, $2)::int as value', [tenantId, entitlement]);
  return rows[0].value;
};

test('an operator sees the plans, puts an organization on one, and makes an exception with a reason', async () => {
  const list = await granary('plan', 'list');
  expect(list, list.stderr).toMatchObject({ code: 0 });
  expect(list.stdout).toMatch(/^datasets +10 +200 +5,000 +no limit$/m);

  const set = await granary('plan', 'set', tenantId, 'free', '--json');
  expect(JSON.parse(set.stdout)).toEqual({ organizationId: tenantId, plan: 'free' });
  expect(await limitOf('datasets')).toBe(10);

  const why = ['--reason', 'a pilot', '--until', '2099-01-31'];
  expect(await granary('plan', 'override', tenantId, 'datasets', '50', ...why)).toMatchObject({ code: 0 });
  expect(await limitOf('datasets')).toBe(50);
  expect(await granary('plan', 'override', tenantId, 'custom_roles', 'on', ...why)).toMatchObject({ code: 0 });
  expect(await limitOf('custom_roles')).toBe(1);
  expect(await granary('plan', 'reset', tenantId, 'datasets')).toMatchObject({ code: 0 });
  expect(await limitOf('datasets')).toBe(10);

  const { rows } = await owner.query(
    `select action, actor_kind, details ->> 'reason' as reason from audit_events where tenant_id = $1 and action like 'plans.%' order by id`,
    [tenantId],
  );
  expect(rows).toEqual([
    { action: 'plans.set', actor_kind: 'operator', reason: null },
    { action: 'plans.override', actor_kind: 'operator', reason: 'a pilot' },
    { action: 'plans.override', actor_kind: 'operator', reason: 'a pilot' },
    { action: 'plans.endOverride', actor_kind: 'operator', reason: null },
  ]);
});

test('what is not there, or means nothing, is said', async () => {
  const refused = async (...args: string[]) => {
    const run = await granary(...args);
    expect(run.code).not.toBe(0);
    return run.stderr;
  };
  expect(await refused('plan', 'set', tenantId, 'golden')).toMatch(/plan/);
  expect(await refused('plan', 'set', crypto.randomUUID(), 'free')).toContain('no such organization');
  expect(await refused('plan', 'override', tenantId, 'datasets', 'many', '--reason', 'x')).toContain(
    '"many" is no number',
  );
  expect(await refused('plan', 'override', tenantId, 'datasets', '5', '--reason', 'x', '--until', 'soon')).toContain(
    'is no time',
  );
  expect(await refused('plan', 'override', tenantId, 'datasets', '5')).toContain('--reason');
  expect(await refused('plan', 'reset', tenantId, 'members')).toContain('no such override');
});
