import { createHmac, randomBytes } from 'node:crypto';
import { keyContext } from '../encryption/key-context.ts';
import type { MasterKeys } from '../encryption/master-keys.ts';
import { uuidv7 } from '../ids/uuidv7.ts';

/** Of a tenant's endpoint. */
interface SecretPlace {
  readonly tenantId: string;
  readonly webhookId: string;
}

/** A new secret: as the receiver takes it, and as it is kept. Throws DomainError precondition without a master key. */
export function makeWebhookSecret(masterKeys: MasterKeys, { tenantId, webhookId }: SecretPlace) {
  const id = uuidv7();
  const bytes = randomBytes(32);
  const wrapped = masterKeys.wrap(bytes, keyContext.webhookSecret(tenantId, webhookId, id));
  return { id, wrapped, text: `whsec_${bytes.toString('base64')}` };
}

export const openWebhookSecret = (
  masterKeys: MasterKeys,
  { tenantId, webhookId }: SecretPlace,
  secret: { readonly id: string; readonly wrapped: Uint8Array },
): Buffer => masterKeys.unwrap(secret.wrapped, keyContext.webhookSecret(tenantId, webhookId, secret.id));

/**
 * The headers of a delivery (Standard Webhooks 1.0.0, "Webhook metadata" and "Signature scheme"): HMAC-SHA256 over
 * `id.timestamp.body` by each secret that is valid, so that a receiver may know any of them.
 */
export function signDelivery(
  secrets: readonly Uint8Array[],
  delivery: { readonly id: string; readonly body: string; readonly sentAt: Date },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(delivery.sentAt.getTime() / 1000));
  const signed = `${delivery.id}.${timestamp}.${delivery.body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return { 'webhook-id': delivery.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
