import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { dependenciesOf } from '../isolation/populate.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as, tenantId } = await createTestOrganization(owner, 'acme');
const { rows } = await owner.query<{ id: string }>(
  `insert into users (email) values ('operator@example.org') returning id`,
);
await owner.query('insert into identity.operators (user_id) values ($1)', [rows[0]!.id]);
const operator: Identity = { userId: rows[0]!.id };
const visitor = {} as Identity; // nobody's request has no user

const act = (name: string, identity: Identity, input: Record<string, unknown> = {}) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, identity, input);
};
const registration = { codename: 'FF_ENABLE_REGISTRATION' };
async function evaluated(identity: Identity) {
  await dependencies.identity.flags.refresh();
  return act('userId' in identity ? 'flags.evaluate' : 'flags.evaluatePublic', identity);
}

beforeEach(() => owner.query('delete from feature_flags'));

test('a public flag is told before log-in, and is what its target says after it', async () => {
  const untouched = { ...registration, value: false, reason: 'DEFAULT', errorCode: null };
  expect(await evaluated(visitor)).toEqual([untouched]);
  await act('flags.target', operator, { ...registration, organizationId: tenantId, on: true });
  expect(await evaluated(visitor)).toEqual([untouched]);
  expect(await evaluated(as.viewer)).toEqual([{ ...untouched, value: true, reason: 'TARGETING_MATCH' }]);
  await act('flags.target', operator, { ...registration, userId: as.viewer.userId, on: false });
  expect(await evaluated(as.viewer)).toMatchObject([{ value: false }]);
  expect(await evaluated(as.editor)).toMatchObject([{ value: true }]);
  await act('flags.target', operator, { ...registration, userId: as.viewer.userId, on: null });
  expect(await evaluated(as.viewer)).toMatchObject([{ value: true }]);
});

test('flags that the code does not know go to no client', async () => {
  await act('flags.set', operator, { codename: 'FF_SECRET_PLAN', active: true, create: true });
  expect(await evaluated(as.viewer)).toMatchObject([registration]);
});

test('every change is in the trail, with what was changed and by whom', async () => {
  await act('flags.set', operator, { ...registration, active: true, expiresAt: '2999-01-01T00:00:00Z' });
  await act('flags.rollOut', operator, { ...registration, percentage: 12.5, by: 'tenant' });
  await act('flags.target', operator, { ...registration, organizationId: tenantId, on: true });
  const events = await owner.query(
    `select action, actor_id, details - 'codename' as details from audit_events where action like 'flags.%' order by id desc limit 3`,
  );
  expect(events.rows).toEqual([
    { action: 'flags.target', actor_id: operator.userId, details: { organizationId: tenantId, on: true } },
    { action: 'flags.rollOut', actor_id: operator.userId, details: { rollout: 12.5, splitBy: 'tenant' } },
    {
      action: 'flags.set',
      actor_id: operator.userId,
      details: { isActive: true, expiresAt: '2999-01-01T00:00:00Z' },
    },
  ]);
});

test('an expired flag is what the code says, and is not switched by somebody who did not see that', async () => {
  await act('flags.set', operator, { ...registration, active: true, expiresAt: '2001-01-01T00:00:00Z' });
  expect(await evaluated(visitor)).toMatchObject([{ value: false, reason: 'DEFAULT' }]);
  expect(await owner.query(`select app.flag_is_on('FF_ENABLE_REGISTRATION') as on`)).toMatchObject({
    rows: [{ on: false }],
  });
  await expect(act('flags.set', operator, registration)).rejects.toMatchObject({ kind: 'conflict' });
  expect(await act('flags.set', operator, { ...registration, active: true, expiresAt: null })).toMatchObject({
    isActive: true,
    isExpired: false,
    expiresAt: null,
  });
  expect(await evaluated(visitor)).toMatchObject([{ value: true, reason: 'STATIC' }]);
});

test('nonsense is refused in words, and changes nothing', async () => {
  const refused = (name: string, input: Record<string, unknown>) =>
    expect(act(name, operator, { ...registration, ...input })).rejects;
  await refused('flags.target', { on: true }).toMatchObject({ kind: 'invalid' });
  await refused('flags.target', { on: true, userId: tenantId, organizationId: tenantId }).toMatchObject({
    kind: 'invalid',
  });
  await refused('flags.target', { on: true, userId: tenantId }).toMatchObject({ kind: 'not_found' });
  await refused('flags.rollOut', { percentage: 101 }).toMatchObject({ kind: 'invalid' });
  await refused('flags.rollOut', { percentage: Number.NaN }).toMatchObject({ kind: 'invalid' });
  await refused('flags.rollOut', { percentage: 1, codename: 'FF_NOWHERE' }).toMatchObject({ kind: 'not_found' });
  await refused('flags.set', { codename: "FF_'; drop" }).toMatchObject({ kind: 'invalid' });
  await refused('flags.set', { expiresAt: 'infinity' }).toMatchObject({ kind: 'invalid' });
  expect((await owner.query('select from feature_flags')).rowCount).toBe(0);
});

test('nobody but operators changes flags or sees their targets', async () => {
  for (const [name, input] of [
    ['flags.list', {}],
    ['flags.set', registration],
    ['flags.rollOut', { ...registration, percentage: 1 }],
    ['flags.target', { ...registration, organizationId: tenantId, on: true }],
  ] as const) {
    await expect(act(name, as.owner, input), name).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(act(name, visitor, input), name).rejects.toMatchObject({ kind: 'unauthenticated' });
  }
});

test('20 operators who change one flag at once change it 20 times', async () => {
  await Promise.all(Array.from({ length: 20 }, () => act('flags.set', operator, registration)));
  expect(await owner.query('select is_active from feature_flags')).toMatchObject({ rows: [{ is_active: false }] });
});
