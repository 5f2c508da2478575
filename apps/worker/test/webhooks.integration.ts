import { createTestDatabase } from '@granary/db/testing';
import { createOutbound } from '@granary/outbound';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startDelivering } from '../src/webhooks/start-delivering.ts';
import { createWebhookScene, isSigned, receive } from './webhook-harness.ts';

const scene = createWebhookScene(await createTestDatabase());
const { owner, organization, act } = scene;
const outbound = createOutbound({
  userAgent: 'GranaryTest/1.0',
  allow: ['127.0.0.1/32'],
  resolve: async (name) => (name === 'inside.test' ? ['10.1.2.3'] : []),
});
let delivering: ReturnType<typeof startDelivering>;
beforeAll(() => {
  const limits = { pauseMs: 20 };
  delivering = startDelivering({
    database: scene.workerDatabase,
    masterKeys: scene.masterKeys,
    outbound,
    log: () => {},
    limits,
  });
});
afterAll(async () => {
  await outbound.close(); // ends what still waits for a receiver that stalls
  await delivering.stop();
});

test('what happens is told, signed as the library of Standard Webhooks expects', async () => {
  const { url, got } = await receive((_, response) => response.writeHead(202).end('thanks'));
  const { secret, tenantId, as, happens, delivery } = await organization('told', url);
  await happens();
  const delivered = await delivery({ state: 'delivered', attempts: 1 });
  expect(got).toHaveLength(1);
  expect(isSigned(secret, got[0]!)).toBe(true);
  expect(isSigned(secret, { ...got[0]!, body: `${got[0]!.body} ` })).toBe(false);
  expect(got[0]).toMatchObject({ id: delivered.id, headers: { 'content-type': 'application/json' } });
  expect(JSON.parse(got[0]!.body)).toEqual(delivered.payload);
  expect(delivered.payload).toEqual({
    type: 'todo.assigned',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: {
      eventId: delivered.eventId,
      organizationId: tenantId,
      actorId: as.admin.userId,
      subjectType: 'todo',
      subjectId: expect.any(String),
      details: expect.objectContaining({ ownerId: as.admin.userId }),
    },
  });
  expect(delivered.log).toMatchObject([{ number: 1, status: 202, error: null, answer: 'thanks' }]);
});

test('a receiver that fails is tried again, under the same id, and again when somebody asks for it', async () => {
  let answers = 500;
  const { url, got } = await receive((_, response) => response.writeHead(answers).end());
  const { happens, delivery, isDue, webhookId, admin } = await organization('fails', url);
  await happens();
  const failed = await delivery({ state: 'pending', attempts: 1 });
  expect(failed.log).toMatchObject([{ status: 500 }]);
  expect(Date.parse(failed.nextAttemptAt ?? '')).toBeGreaterThan(Date.parse(failed.log[0]!.startedAt));
  answers = 204;
  await isDue();
  await delivery({ state: 'delivered', attempts: 2, id: failed.id });
  expect(await act('webhooks.redeliver', { webhookId, deliveryId: failed.id }, admin)).toEqual({ deliveries: 1 });
  await delivery({ state: 'delivered', attempts: 3, id: failed.id });
  expect(got.map(({ id }) => id)).toEqual([failed.id, failed.id, failed.id]);
});

test('who asks for time gets it, within reason', async () => {
  const { url } = await receive((_, response) => response.writeHead(429, { 'retry-after': '7200' }).end());
  const { happens, delivery } = await organization('busy', url);
  await happens();
  const { nextAttemptAt, log } = await delivery({ state: 'pending', attempts: 1 });
  expect(Date.parse(nextAttemptAt ?? '') - Date.parse(log[0]!.startedAt)).toBeGreaterThanOrEqual(7_200_000);
});

test('after the last try of the schedule it is given up, and can be sent again by time', async () => {
  let answers = 503;
  const { url, got } = await receive((_, response) => response.writeHead(answers).end());
  const { happens, delivery, isDue, webhookId, admin } = await organization('gives up', url);
  const since = new Date(0).toISOString();
  await happens();
  const { id } = await delivery({ state: 'pending', attempts: 1 });
  await owner.query('update webhook_deliveries set tries = 9 where endpoint_id = $1', [webhookId]);
  await isDue();
  await delivery({ state: 'failed', attempts: 2, nextAttemptAt: null });
  answers = 200;
  expect(
    await act('webhooks.redeliver', { webhookId, failedSince: new Date(Date.now() + 60_000).toISOString() }, admin),
  ).toEqual({
    deliveries: 0,
  });
  expect(await act('webhooks.redeliver', { webhookId, failedSince: since }, admin)).toEqual({ deliveries: 1 });
  await delivery({ state: 'delivered', attempts: 3, id });
  expect(await act('webhooks.redeliver', { webhookId, failedSince: since }, admin)).toEqual({ deliveries: 0 }); // nothing failed is left
  expect(got).toHaveLength(3);
});

test('a redirect is a failure: where it leads nobody is asked', async () => {
  const target = await receive((_, response) => response.end());
  const { url } = await receive((_, response) => response.writeHead(307, { location: target.url }).end());
  const { happens, delivery } = await organization('redirects', url);
  await happens();
  const { log } = await delivery({ state: 'pending', attempts: 1 });
  expect(log).toMatchObject([{ status: null, error: expect.stringMatching(/^refused_redirect: /) }]);
  expect(target.got).toEqual([]);
});

test('a name that stands for an address inside is not called', async () => {
  const { happens, delivery } = await organization('rebinds', 'https://inside.test/hook');
  await happens();
  const { log } = await delivery({ state: 'pending', attempts: 1 });
  expect(log).toMatchObject([{ status: null, error: expect.stringMatching(/^refused_address: /) }]);
});

test('of a large answer the beginning is kept, without what looks like a secret', async () => {
  const { url } = await receive((_, response) => {
    response.writeHead(200).write('key=grn_0123456789abcdef \0 ');
    response.end(Buffer.alloc(20_000_000, 'x'));
  });
  const { happens, delivery } = await organization('talks', url);
  await happens();
  const { log } = await delivery({ state: 'delivered' });
  expect(log[0]!.answer).toMatch(/^key=\[redacted\] \ufffd x{900,1100}$/);
});

test('410 switches the webhook off, and says so to those who manage webhooks', async () => {
  const { url } = await receive((_, response) => response.writeHead(410).end());
  const { tenantId, webhookId, admin, happens, delivery } = await organization('gone', url);
  await happens();
  await delivery({ state: 'cancelled', attempts: 1 });
  expect(await act('webhooks.get', { webhookId }, admin)).toMatchObject({ isActive: false, disabledReason: 'gone' });
  const { rows } = await owner.query(
    `select subject_id, data from outbox_events where tenant_id = $1 and type = 'webhook.disabled'`,
    [tenantId],
  );
  expect(rows).toEqual([{ subject_id: webhookId, data: { reason: 'gone' } }]);
  await expect(act('webhooks.test', { webhookId }, admin)).rejects.toMatchObject({ kind: 'precondition' });
});

test('five days of nothing but failure switch it off; one success starts them anew', async () => {
  let answers = 500;
  const { url } = await receive((_, response) => response.writeHead(answers).end());
  const { webhookId, admin, happens, delivery, isDue } = await organization('fails long', url);
  const failsSince = (days: number) =>
    owner.query(`update webhook_endpoints set failing_since = now() - make_interval(days => $2) where id = $1`, [
      webhookId,
      days,
    ]);
  await happens();
  await delivery({ state: 'pending', attempts: 1 });
  expect(await act('webhooks.get', { webhookId }, admin)).toMatchObject({
    isActive: true,
    failingSince: expect.any(String),
  });
  await failsSince(6);
  answers = 200;
  await isDue();
  await delivery({ state: 'delivered' });
  expect(await act('webhooks.get', { webhookId }, admin)).toMatchObject({ isActive: true, failingSince: null });

  answers = 500;
  await happens();
  await delivery({ state: 'pending', attempts: 1 });
  await failsSince(4);
  await isDue();
  await delivery({ state: 'pending', attempts: 2 });
  await failsSince(6);
  await isDue();
  const { id } = await delivery({ state: 'cancelled', attempts: 3 });
  expect(await act('webhooks.get', { webhookId }, admin)).toMatchObject({ isActive: false, disabledReason: 'failing' });
  answers = 200;
  expect(await act('webhooks.enable', { webhookId }, admin)).toMatchObject({ isActive: true, failingSince: null });
  await act('webhooks.redeliver', { webhookId, deliveryId: id }, admin);
  await delivery({ state: 'delivered', attempts: 4 });
});

test('while secrets overlap both sign; where a secret is known to others, at once only the new one', async () => {
  const { url, got } = await receive((_, response) => response.end());
  const { secret: first, webhookId, admin, delivery } = await organization('rotates', url);
  const { secret: second } = await act('webhooks.rotateSecret', { webhookId }, admin);
  const { deliveryId } = await act('webhooks.test', { webhookId }, admin);
  await delivery({ state: 'delivered', id: deliveryId, type: 'webhook.test' });
  expect([first, second].map((secret) => isSigned(secret, got[0]!))).toEqual([true, true]);
  const { secret: third } = await act('webhooks.rotateSecret', { webhookId, immediately: true }, admin);
  await act('webhooks.test', { webhookId }, admin);
  await vi.waitFor(() => expect(got).toHaveLength(2), { timeout: 300_000 });
  expect([first, second, third].map((secret) => isSigned(secret, got[1]!))).toEqual([false, false, true]);
});

test('a receiver that stalls holds up nobody else, and of its own no more than two at a time', async () => {
  const stalled = await receive(() => {});
  const quick = await receive((_, response) => response.end());
  const slow = await organization('stalls', stalled.url);
  const fast = await organization('quick', quick.url);
  for (let times = 0; times < 20; times++) await act('webhooks.test', { webhookId: slow.webhookId }, slow.admin);
  await vi.waitFor(() => expect(stalled.got).toHaveLength(2), { timeout: 300_000 });
  for (let times = 0; times < 5; times++) await act('webhooks.test', { webhookId: fast.webhookId }, fast.admin);
  await vi.waitFor(() => expect(quick.got).toHaveLength(5), { timeout: 300_000 });
  // those two are still all that were sent: what was queued after them has arrived meanwhile
  expect(stalled.got).toHaveLength(2);
});
