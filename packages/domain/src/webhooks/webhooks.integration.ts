import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createDataset } from '../datasets/create-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { setMemberRoles } from '../organizations/members/set-member-roles.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { createTodo } from '../todos/create-todo.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { disableWebhook } from './disable-webhook.ts';
import { enableWebhook } from './enable-webhook.ts';
import { getDelivery } from './get-delivery.ts';
import { getWebhook } from './get-webhook.ts';
import { listDeliveries } from './list-deliveries.ts';
import { listWebhooks } from './list-webhooks.ts';
import { redeliver } from './redeliver.ts';
import { rotateWebhookSecret } from './rotate-webhook-secret.ts';
import { testWebhook } from './test-webhook.ts';
import { updateWebhook } from './update-webhook.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const url = 'https://hooks.example/take?key=1';

/** Hands on whatever waits, of every organization. */
async function dispatch() {
  while (true) {
    const { rows } = await owner.query('select problem from app.dispatch_events(1000)');
    expect(rows.filter(({ problem }) => problem !== null)).toEqual([]);
    if (rows.length === 0) return;
  }
}

/** An organization whose admin has a webhook, and has been told of whatever founding it was. */
async function office(name: string) {
  const { as, tenantId, roleIds } = await createTestOrganization(owner, name);
  const { call, newDataset } = createDatasetCaller(dependencies, owner, as.admin);
  const { webhook, secret } = await call(createWebhook, { url });
  const webhookId = webhook.id;
  await dispatch();
  return {
    as,
    tenantId,
    roleIds,
    call,
    newDataset,
    webhook,
    webhookId,
    secret,
    /** What is on its way to it, as its owner sees it, newest first. */
    types: async (member: Member = as.admin) => {
      await dispatch();
      return (await call(listDeliveries, { webhookId }, member)).items.map(({ type }) => type);
    },
  };
}

test('a webhook is made, found, changed, switched off and on, and deleted; its secret is shown once', async () => {
  const { as, call, webhook, webhookId, secret } = await office('whole life');
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(webhook).toMatchObject({ url, description: '', types: null, isActive: true, ownerId: as.admin.userId });
  const found = await call(getWebhook, { webhookId });
  expect(found).toEqual({
    ...webhook,
    secrets: [{ id: expect.any(String), createdAt: expect.any(String), expiresAt: null }],
  });
  const { rows: kept } = await owner.query<{ wrapped: Buffer }>(
    'select wrapped from webhook_secrets where endpoint_id = $1',
    [webhookId],
  );
  expect(kept.map(({ wrapped }) => wrapped.includes(Buffer.from(secret.slice(6), 'base64')))).toEqual([false]);

  const changes = { description: ' ours ', types: ['dataset.loaded', 'todo.due'] as const };
  expect(await call(updateWebhook, { webhookId, ...changes, types: [...changes.types] })).toMatchObject({
    url,
    description: 'ours',
    types: changes.types,
  });
  expect(await call(updateWebhook, { webhookId, types: null })).toMatchObject({ types: null, description: 'ours' });
  expect(await call(disableWebhook, { webhookId })).toMatchObject({ isActive: false, disabledReason: 'by_hand' });
  await expect(call(testWebhook, { webhookId })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(call(redeliver, { webhookId, failedSince: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
    kind: 'precondition',
  });
  expect(await call(enableWebhook, { webhookId })).toMatchObject({
    isActive: true,
    disabledReason: null,
    disabledAt: null,
  });

  const { formerExpiresAt } = await call(rotateWebhookSecret, { webhookId });
  expect(Date.parse(formerExpiresAt)).toBeGreaterThan(Date.parse(webhook.createdAt) + 23 * 3_600_000);
  expect((await call(getWebhook, { webhookId })).secrets.map(({ expiresAt }) => expiresAt)).toEqual([
    null,
    formerExpiresAt,
  ]);
  for (let times = 0; times < 3; times++) await call(rotateWebhookSecret, { webhookId });
  await expect(call(rotateWebhookSecret, { webhookId })).rejects.toMatchObject({ kind: 'precondition' });
  await call(rotateWebhookSecret, { webhookId, immediately: true });
  expect((await call(getWebhook, { webhookId })).secrets).toHaveLength(1);

  const { deliveryId } = await call(testWebhook, { webhookId });
  expect(await call(getDelivery, { webhookId, deliveryId })).toMatchObject({
    state: 'pending',
    type: 'webhook.test',
    log: [],
  });
  await call(deleteWebhook, { webhookId });
  await expect(call(getWebhook, { webhookId })).rejects.toMatchObject({ kind: 'not_found' });
  const { rows } = await owner.query('select id from webhook_deliveries where endpoint_id = $1', [webhookId]);
  expect(rows).toEqual([]);
});

test.each([
  ['http://hooks.example/', 'refused_protocol'],
  ['ftp://hooks.example/', 'refused_protocol'],
  ['https://user:pw@hooks.example/', 'invalid_url'],
  ['hooks.example', 'invalid_url'],
  ['https://127.0.0.1/', 'refused_address'],
  ['https://0x7f.1/', 'refused_address'],
  ['https://2130706433/', 'refused_address'],
  ['https://[::ffff:7f00:1]/', 'refused_address'],
  ['https://169.254.169.254/latest/meta-data/', 'refused_address'],
  ['https://[fd00:ec2::254]/', 'refused_address'],
])('%s is no URL for a webhook, when it is made and when it is changed', async (bad, reason) => {
  const { call, webhookId } = await office(`refuses ${bad}`);
  const refusal = { kind: 'invalid', details: { field: 'url', reason } };
  await expect(call(createWebhook, { url: bad })).rejects.toMatchObject(refusal);
  await expect(call(updateWebhook, { webhookId, url: bad })).rejects.toMatchObject(refusal);
});

test('who may not manage webhooks neither sees nor changes them, by no way', async () => {
  const { as, call, webhookId, tenantId } = await office('closed');
  const stranger = await createTestOrganization(owner, 'strangers');
  for (const nobody of [as.editor, as.viewer])
    await expect(call(listWebhooks, {}, nobody)).rejects.toMatchObject({ kind: 'forbidden' });
  expect((await call(listWebhooks, {}, as.auditor)).items).toHaveLength(1);
  await expect(call(deleteWebhook, { webhookId }, as.auditor)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(call(getWebhook, { webhookId }, stranger.as.owner)).rejects.toMatchObject({ kind: 'not_found' });
  for (const action of [deleteWebhook, rotateWebhookSecret, testWebhook, enableWebhook])
    await expect(call(action, { webhookId }, stranger.as.owner)).rejects.toMatchObject({ kind: 'not_found' });

  const client = await database.pool('granary_api').connect();
  try {
    for (const attempt of [
      'select wrapped from public.webhook_secrets',
      'update public.webhook_endpoints set url = $$https://elsewhere.example/$$',
      'delete from public.webhook_deliveries',
      `select app.fan_out_to_webhooks('${webhookId}')`,
      `select app.lease_webhook_deliveries(1, 1, 1, interval '1 hour')`,
    ]) {
      await client.query('begin');
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [
        claimsOf({ userId: as.admin.userId, tenantId }),
      ]);
      await client.query('set local role granary_member');
      await expect(client.query(attempt)).rejects.toMatchObject({ code: '42501' });
      await client.query('rollback');
    }
  } finally {
    client.release();
  }
});

test('a webhook is told of what its owner would be shown, and of nobody else’s private things', async () => {
  const { as, call, types, webhookId } = await office('private things');
  const { dataset } = await call(createDataset, { name: 'private' }, as.editor);
  const share = (member: Member) =>
    call(shareDataset, { datasetId: dataset.id, userId: member.userId, access: 'read' }, as.editor);
  await call(createTodo, { title: 'between others', assigneeId: as.viewer.userId }, as.editor);
  await share(as.viewer);
  expect(await types()).toEqual([]);
  await share(as.admin);
  expect(await types()).toEqual([]); // who may read it is not told with whom it is shared
  await call(createTodo, { title: 'for the admin', assigneeId: as.admin.userId }, as.editor);
  expect(await types()).toEqual(['todo.assigned']);
  // another one who manages webhooks sees the webhook, and not what it was told of in confidence
  expect(await types(as.owner)).toEqual([]);
  const [{ id } = { id: '' }] = (await call(listDeliveries, { webhookId })).items;
  await expect(call(getDelivery, { webhookId, deliveryId: id }, as.owner)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(call(redeliver, { webhookId, deliveryId: id }, as.owner)).rejects.toMatchObject({ kind: 'not_found' });
});

/** What a worker would be given to send, as far as it is this webhook's. */
async function leased(webhookId: string) {
  const { rows } = await owner.query(
    `select endpoint_id, payload ->> 'type' as type, url from app.lease_webhook_deliveries(1000, 1000, 1000, interval '0')`,
  );
  return rows.filter(({ endpoint_id: id }) => id === webhookId);
}

test('who leads a webhook somewhere else becomes its owner; what waits for the former one’s eyes is not sent there', async () => {
  const { as, call, types, webhookId } = await office('led away');
  await call(createTodo, { title: 'for the admin', assigneeId: as.admin.userId }, as.editor);
  expect(await types()).toEqual(['todo.assigned']);
  const elsewhere = 'https://elsewhere.example/';
  const second = await call(createWebhook, { url }, as.owner);
  // no todo:admin: somebody who may not see it
  await owner.query(`delete from role_permissions where tenant_id = $1 and permission = 'todo:admin'`, [
    as.owner.tenantId,
  ]);
  expect(await call(updateWebhook, { webhookId, url: elsewhere }, as.owner)).toMatchObject({
    ownerId: as.owner.userId,
  });
  expect(await leased(webhookId)).toEqual([]);
  expect((await call(listDeliveries, { webhookId })).items).toMatchObject([{ state: 'cancelled' }]);
  expect(await call(updateWebhook, { webhookId: second.webhook.id, takeOver: true })).toMatchObject({
    ownerId: as.admin.userId,
    url,
  });
});

test('who may have no webhooks any more is told nothing; what waits for them is not sent', async () => {
  const { as, roleIds, call, types, webhookId } = await office('demoted');
  await call(testWebhook, { webhookId });
  await call(setMemberRoles, { userId: as.admin.userId, roleIds: [roleIds.viewer ?? ''] }, as.owner);
  expect(await types(as.owner)).toEqual(['webhook.test']);
  expect(await leased(webhookId)).toEqual([]);
  await call(disableWebhook, { webhookId }, as.owner);
  await expect(call(enableWebhook, { webhookId }, as.owner)).rejects.toMatchObject({ kind: 'precondition' });
  await call(updateWebhook, { webhookId, takeOver: true }, as.owner);
  expect(await call(enableWebhook, { webhookId }, as.owner)).toMatchObject({
    isActive: true,
    ownerId: as.owner.userId,
  });
});

test('who leaves takes no webhook along: it is switched off, and the others are told', async () => {
  const { as, call, webhookId, types } = await office('left');
  await call(testWebhook, { webhookId });
  await call(createWebhook, { url }, as.owner);
  await call(removeMember, { userId: as.admin.userId, successorId: as.owner.userId }, as.owner);
  expect(await call(getWebhook, { webhookId }, as.owner)).toMatchObject({
    isActive: false,
    disabledReason: 'owner_left',
  });
  expect(await leased(webhookId)).toEqual([]);
  expect(await types(as.owner)).toEqual(['webhook.test']);
  const { items } = await call(listWebhooks, {}, as.owner);
  const others = await call(listDeliveries, { webhookId: items[0]?.id ?? '' }, as.owner);
  expect(others.items.map(({ type }) => type).sort()).toEqual(['member.removed', 'webhook.disabled']);
});

test('what happened before there was the webhook is none of its business, nor what it did not ask for', async () => {
  const { as, call } = await office('choosy');
  const assign = () => call(createTodo, { title: 'again', assigneeId: as.admin.userId });
  await assign();
  const all = await call(createWebhook, { url });
  const some = await call(createWebhook, { url, types: ['plan.changed'] });
  await assign();
  await dispatch();
  const told = async (webhookId: string) => (await call(listDeliveries, { webhookId })).items.map(({ type }) => type);
  expect(await told(all.webhook.id)).toEqual(['todo.assigned']);
  expect(await told(some.webhook.id)).toEqual([]);
  await expect(call(createWebhook, { url, types: [] })).rejects.toMatchObject({ kind: 'invalid' });
});

test('a plan has room for so many webhooks, however many are made at once', async () => {
  const { call, tenantId } = await office('full');
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'webhooks', 3, 'test')`,
    [tenantId],
  );
  const made = await Promise.allSettled(Array.from({ length: 10 }, () => call(createWebhook, { url })));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  for (const each of made)
    if (each.status === 'rejected')
      expect(each.reason).toMatchObject({ kind: 'limit_reached', details: { entitlement: 'webhooks', limit: 3 } });
});

test('every event that there is, somebody can be told of', async () => {
  const { rows } = await owner.query<{ missing: string }>(
    `select name as missing from (select distinct split_part(name, '.', 1) as kind from event_types) t
     cross join lateral (values ('concerned_by_' || kind), ('hears_of_' || kind)) as wanted (name)
     where not exists (select from pg_proc where proname = name and pronamespace = 'app'::regnamespace)`,
  );
  expect(rows).toEqual([]);
});

test('without a master key there are no webhooks, and that is said', async () => {
  const { as } = await createTestOrganization(owner, 'no key');
  const { masterKeys: _, ...without } = dependencies;
  const { call } = createDatasetCaller(without, owner, as.admin);
  await expect(call(createWebhook, { url })).rejects.toMatchObject({ kind: 'precondition' });
});
