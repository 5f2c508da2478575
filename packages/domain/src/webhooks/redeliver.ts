import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';

export const redeliver = defineMutation({
  name: 'webhooks.redeliver',
  summary: 'Send again under the same id: one delivery, or all that failed or were cancelled since a time',
  access: 'webhook:write',
  rest: { method: 'POST', path: '/v1/webhooks/{webhookId}/redeliveries' },
  input: z.object({
    webhookId: z.uuid(),
    deliveryId: z.uuid().optional(),
    failedSince: z.iso.datetime({ offset: true }).optional(),
  }),
  output: z.object({ deliveries: z.int() }),
  audit: {
    entityType: 'webhook',
    entityId: ({ webhookId }) => webhookId,
    details: ({ deliveryId, failedSince }, { deliveries }) => ({ deliveryId, failedSince, deliveries }),
  },
  async run({ db }, { webhookId, deliveryId, failedSince }) {
    if ((deliveryId === undefined) === (failedSince === undefined))
      throw new DomainError('invalid', 'name a deliveryId, or a time with failedSince', { field: 'deliveryId' });
    const { rows } = await sql<{ again: string }>`
      select app.redeliver_webhook(${webhookId}::uuid, ${deliveryId ?? null}::uuid, ${failedSince ?? null}::timestamptz) as again`.execute(
      db,
    );
    return { deliveries: Number(rows[0]!.again) };
  },
});
