import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { Throttle } from '../identity/throttle.ts';
import { RequestAllowance } from './request-allowance.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

/** One process' allowance. */
const process = () => {
  const identity = createDatabase(database.pool('granary_identity'), { prepared: true });
  return new RequestAllowance(identity, new Throttle(identity));
};

async function limitedTo(perMinute: number): Promise<string> {
  const { tenantId } = await createTestOrganization(owner, `limited to ${perMinute}`);
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'api_requests_per_minute', $2, 'test')`,
    [tenantId, perMinute],
  );
  return tenantId;
}
const count = async (takes: readonly Promise<void>[]) => {
  const settled = await Promise.allSettled(takes);
  return settled.filter(({ status }) => status === 'fulfilled').length;
};

test('two processes together let as many requests through as the plan allows, and no more', async () => {
  const tenantId = await limitedTo(40);
  const processes = [process(), process()];
  const takes = Array.from({ length: 100 }, (_, index) => processes[index % 2]!.take(tenantId));
  expect(await count(takes)).toBe(40);
  await expect(processes[0]!.take(tenantId)).rejects.toMatchObject({
    kind: 'limit_reached',
    details: {
      entitlement: 'api_requests_per_minute',
      plan: 'unlimited',
      limit: 40,
      used: 40,
      retryAfterSeconds: expect.any(Number),
    },
  });
});

test('a large allowance is taken in parts, all of which together are never more than it', async () => {
  const tenantId = await limitedTo(1000);
  const processes = [process(), process(), process()];
  const through = await count(Array.from({ length: 1500 }, (_, index) => processes[index % 3]!.take(tenantId)));
  expect(through).toBe(1000);
});

test('without a limit nothing is counted, and one organization does not use up what another has', async () => {
  const { tenantId } = await createTestOrganization(owner, 'free to ask');
  const allowance = process();
  expect(await count(Array.from({ length: 50 }, () => allowance.take(tenantId)))).toBe(50);
  expect(await count([allowance.take(await limitedTo(1))])).toBe(1);
});
