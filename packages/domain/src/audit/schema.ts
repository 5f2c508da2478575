import { z } from 'zod';

export const auditEvent = z
  .object({
    id: z.uuid(),
    at: z.string(),
    actorKind: z.enum(['user', 'key', 'system', 'operator']),
    actorId: z.uuid().nullable(),
    keyId: z.uuid().nullable(),
    action: z.string(),
    outcome: z.enum(['done', 'refused']),
    entityType: z.string(),
    entityId: z.uuid().nullable(),
    requestId: z.string().nullable(),
    address: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' });

export const auditEventColumns = [
  'id',
  'at',
  'actor_kind as actorKind',
  'actor_id as actorId',
  'key_id as keyId',
  'action',
  'outcome',
  'entity_type as entityType',
  'entity_id as entityId',
  'request_id as requestId',
  'address',
  'details',
] as const;
