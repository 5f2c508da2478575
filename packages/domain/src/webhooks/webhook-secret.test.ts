import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { MasterKeys } from '../encryption/master-keys.ts';
import { makeWebhookSecret, openWebhookSecret, signDelivery } from './webhook-secret.ts';

test('a delivery is signed as in the example of Standard Webhooks', () => {
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const delivery = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    body: '{"test": 2432232314}',
    sentAt: new Date(1_614_265_330_999),
  };
  expect(signDelivery([secret], delivery)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a secret opens at its own place alone', () => {
  const masterKeys = MasterKeys.parse(randomBytes(32).toString('base64'));
  const place = { tenantId: 'a', webhookId: 'b' };
  const { text, ...kept } = makeWebhookSecret(masterKeys, place);
  expect(`whsec_${openWebhookSecret(masterKeys, place, kept).toString('base64')}`).toBe(text);
  for (const other of [
    { ...place, tenantId: 'c' },
    { ...place, webhookId: 'c' },
  ])
    expect(() => openWebhookSecret(masterKeys, other, kept)).toThrow(/damaged/);
  expect(() => openWebhookSecret(masterKeys, place, { ...kept, id: 'c' })).toThrow(/damaged/);
});
