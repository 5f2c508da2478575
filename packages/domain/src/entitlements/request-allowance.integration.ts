import { randomUUID } from 'node:crypto';
import { createDatabase, type Member } from '@granary/db';
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

async function limitedTo(perMinute: number): Promise<Member> {
  const { tenantId, as } = await createTestOrganization(owner, `limited to ${perMinute}`);
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'api_requests_per_minute', $2, 'test')`,
    [tenantId, perMinute],
  );
  return as.editor;
}
const count = async (takes: readonly Promise<void>[]) => {
  const settled = await Promise.allSettled(takes);
  return settled.filter(({ status }) => status === 'fulfilled').length;
};

test('two processes together let as many requests through as the plan allows, and no more', async () => {
  const editor = await limitedTo(40);
  const processes = [process(), process()];
  const takes = Array.from({ length: 100 }, (_, index) => processes[index % 2]!.take(editor));
  expect(await count(takes)).toBe(40);
  await expect(processes[0]!.take(editor)).rejects.toMatchObject({
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
  const editor = await limitedTo(1000);
  const processes = [process(), process(), process()];
  const through = await count(Array.from({ length: 1500 }, (_, index) => processes[index % 3]!.take(editor)));
  expect(through).toBe(1000);
});

test('without a limit nothing is counted, and one organization does not use up what another has', async () => {
  const { editor } = (await createTestOrganization(owner, 'free to ask')).as;
  const allowance = process();
  expect(await count(Array.from({ length: 50 }, () => allowance.take(editor)))).toBe(50);
  expect(await count([allowance.take(await limitedTo(1))])).toBe(1);
});

test('a limit of nothing lets nothing through', async () => {
  const editor = await limitedTo(0);
  const allowance = process();
  expect(await count([allowance.take(editor), allowance.take(editor)])).toBe(0);
});

test('who is not at work there, or whose credential does not hold, uses nothing up', async () => {
  const editor = await limitedTo(3);
  const stranger = (await createTestOrganization(owner, 'strangers')).as.owner;
  const allowance = process();
  const bad: readonly Member[] = [
    { ...stranger, tenantId: editor.tenantId },
    { ...editor, keyId: randomUUID() },
    { ...editor, tokenId: randomUUID() },
    { ...editor, userId: randomUUID() },
  ];
  for (const caller of bad) for (let request = 0; request < 5; request += 1) await allowance.take(caller);
  expect(await count(Array.from({ length: 5 }, () => allowance.take(editor)))).toBe(3);
  await owner.query('update memberships set left_at = now() where tenant_id = $1 and user_id = $2', [
    editor.tenantId,
    editor.userId,
  ]);
  expect(await count([process().take(editor)]), 'refused by the organization, not by its allowance').toBe(1);
});

test('what is refused is not asked of the database again until the minute ends, or the limit is another', async () => {
  const editor = await limitedTo(2);
  const allowance = process();
  await count(Array.from({ length: 3 }, () => allowance.take(editor)));
  const consumed = async () => {
    const { rows } = await owner.query(`select points from identity.rate_limits where key like '%' || $1`, [
      editor.tenantId,
    ]);
    return rows[0]?.points;
  };
  const before = await consumed();
  expect(await count(Array.from({ length: 20 }, () => allowance.take(editor)))).toBe(0);
  expect(before).toBeDefined();
  expect(await consumed()).toBe(before);
});
