import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { features, limits, type Plan, plans } from './plans.ts';

const owner = (await createTestDatabase()).pool('postgres');

test('the plans in the code are those that the database enforces', async () => {
  const { rows } = await owner.query(`
    select p.name, p.label, p.is_default, jsonb_object_agg(e.name, v.value) filter (where e.kind = 'limit') as limits,
      coalesce(array_agg(e.name order by e.name) filter (where e.kind = 'feature' and v.value = 1), '{}') as features
    from plans p join plan_entitlements v on v.plan = p.name join entitlements e on e.name = v.entitlement
    group by p.name order by p.name`);
  const inCode = Object.entries<Plan>(plans).map(([name, { label, isDefault = false, ...rest }]) => ({
    name,
    label,
    is_default: isDefault,
    limits: rest.limits,
    features: [...rest.features].sort(),
  }));
  expect(rows).toEqual(inCode.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
});

test('every plan says something of every entitlement, and there is no other', async () => {
  const { rows } = await owner.query<{ name: string; plans: number }>(
    'select e.name, count(v.plan)::int as plans from entitlements e left join plan_entitlements v on v.entitlement = e.name group by 1 order by 1',
  );
  const names = [...limits, ...features].sort();
  expect(rows).toEqual(names.map((name) => ({ name, plans: Object.keys(plans).length })));
});
