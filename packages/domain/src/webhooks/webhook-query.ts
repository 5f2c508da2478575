import { query } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';

export const webhookColumns = [
  'id',
  'owner_id as ownerId',
  'url',
  'description',
  'types',
  'is_active as isActive',
  'disabled_at as disabledAt',
  'disabled_reason as disabledReason',
  'failing_since as failingSince',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

export const selectWebhooks = (tenantId: string) =>
  query.selectFrom('webhook_endpoints').select(webhookColumns).where('tenant_id', '=', tenantId);

/** Of one endpoint, as far as the caller may see them: which those are is the policy's to say. */
export const selectDeliveries = (tenantId: string, webhookId: string) =>
  query
    .selectFrom('webhook_deliveries')
    .select([
      'id',
      'endpoint_id as webhookId',
      'event_id as eventId',
      'type',
      'state',
      'attempts',
      sql<string | null>`case when state = 'pending' then next_attempt_at end`.as('nextAttemptAt'),
      'created_at as createdAt',
      'ended_at as endedAt',
    ])
    .where('tenant_id', '=', tenantId)
    .where('endpoint_id', '=', webhookId);

export const noSuchWebhook = (): DomainError => new DomainError('not_found', 'no such webhook');
export const noSuchDelivery = (): DomainError => new DomainError('not_found', 'no such delivery');
