import { z } from 'zod';
import { eventTypeName } from '../notifications/schema.ts';

export const url = z.string().min(1).max(2000).meta({ description: 'https; what the operator allows may be http' });
export const description = z.string().trim().max(500);
/** null: all, those included that will be there later. */
export const types = z
  .array(eventTypeName)
  .min(1)
  .max(100)
  .nullable()
  .meta({ description: 'What it is told of; null for everything' });

const when = z.string().nullable();

export const webhook = z
  .object({
    id: z.uuid(),
    ownerId: z.uuid().meta({ description: 'It is told of what this person would be shown' }),
    url: z.string(),
    description: z.string(),
    types: z.array(z.string()).nullable(),
    isActive: z.boolean(),
    disabledAt: when,
    disabledReason: z.enum(['by_hand', 'failing', 'gone', 'owner_left']).nullable(),
    failingSince: when.meta({ description: 'The first failure after the last success' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Webhook' });

export const secret = z
  .string()
  .meta({ description: 'whsec_…, as libraries of Standard Webhooks take it. It is never shown again' });

export const deliveryState = z.enum(['pending', 'delivered', 'failed', 'cancelled']);

export const delivery = z
  .object({
    id: z.uuid().meta({ description: 'The header webhook-id' }),
    webhookId: z.uuid(),
    eventId: z.uuid(),
    type: z.string(),
    state: deliveryState,
    attempts: z.int(),
    nextAttemptAt: when.meta({ description: 'While it is pending' }),
    createdAt: z.string(),
    endedAt: when,
  })
  .meta({ id: 'WebhookDelivery' });

export const attempt = z
  .object({
    number: z.int(),
    startedAt: z.string(),
    durationMs: z.int(),
    status: z.int().nullable(),
    error: z.string().nullable(),
    answer: z.string().nullable().meta({ description: 'Its beginning, without what looks like a secret' }),
  })
  .meta({ id: 'WebhookAttempt' });
