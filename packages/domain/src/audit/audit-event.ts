import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';

export const auditEvent = z
  .object({
    id: z.uuid(),
    at: z.string(),
    actorKind: z.enum(['user', 'key', 'system', 'operator']),
    actorId: z.uuid().nullable(),
    keyId: z.uuid().nullable(),
    action: z.string().meta({ description: 'The operation' }),
    verb: z.string().meta({ description: 'CREATE, READ, UPDATE, DELETE, EXPORT, or the operation’s own: LOG_IN …' }),
    outcome: z.enum(['done', 'refused']),
    entityType: z.string(),
    entityId: z.uuid().nullable(),
    requestId: z.string().nullable(),
    address: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    sequence: z.int().nullable().meta({ description: 'Its number in the chain; null until it is sealed' }),
    hash: z.string().nullable().meta({ description: 'SHA-256 of its entry in the chain' }),
  })
  .meta({ id: 'AuditEvent' });

const word = z.string().min(1).max(200);
const moment = z.iso.datetime({ offset: true });

export const auditFilter = z.object({
  actorId: z.uuid().optional(),
  keyId: z.uuid().optional(),
  action: word.optional(),
  verb: word.optional(),
  outcome: z.enum(['done', 'refused']).optional(),
  entityType: word.optional(),
  entityId: z.uuid().optional(),
  requestId: word.optional(),
  from: moment.optional().meta({ description: 'Not before' }),
  until: moment.optional().meta({ description: 'Before' }),
});
export type AuditFilter = z.output<typeof auditFilter>;

/** A place in the trail: transaction and id, in which events are in commit order. */
export const auditCursor = z
  .string()
  .regex(/^-?\d{1,15}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .meta({ description: 'Where to go on, as an answer gave it' });

/** The chain of events that belong to no organization. */
export const ofNobody = '00000000-0000-0000-0000-000000000000';

/** The events of an organization, with their cursors; in no order yet. */
export const selectEvents = (tenantId: string) => selectAnyEvents().where('e.tenant_id', '=', tenantId);

/** Events of whomever. */
export const selectAnyEvents = () =>
  query
    .selectFrom('audit_events as e')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('audit_chain as entry')
          .select(['entry.sequence', 'entry.hash', 'entry.canonical'])
          .whereRef('entry.tenant_id', '=', 'e.tenant_id')
          .whereRef('entry.event_id', '=', 'e.id')
          .limit(1) // or a plan for any number of events would read the whole chain
          .as('c'),
      (join) => join.onTrue(),
    )
    .select([
      'e.id',
      'e.at',
      'e.actor_kind as actorKind',
      'e.actor_id as actorId',
      'e.key_id as keyId',
      'e.action',
      'e.verb',
      'e.outcome',
      'e.entity_type as entityType',
      'e.entity_id as entityId',
      'e.request_id as requestId',
      'e.address',
      'e.details',
      'c.sequence',
      sql<string | null>`encode(c.hash, 'hex')`.as('hash'),
      sql<string>`e.transaction || '.' || e.id`.as('cursor'),
    ]);

const columns = {
  actorId: 'e.actor_id',
  keyId: 'e.key_id',
  action: 'e.action',
  verb: 'e.verb',
  outcome: 'e.outcome',
  entityType: 'e.entity_type',
  entityId: 'e.entity_id',
  requestId: 'e.request_id',
} as const satisfies Readonly<Record<Exclude<keyof AuditFilter, 'from' | 'until'>, string>>;

/** Conditions of a filter, for a query on audit_events as e. */
export function matches({ from, until, ...same }: AuditFilter) {
  const conditions = Object.entries(same).flatMap(([name, value]) => {
    const column = Object.entries(columns).find(([field]) => field === name)?.[1];
    return column === undefined || value === undefined ? [] : [sql<boolean>`${sql.ref(column)} = ${value}`];
  });
  if (from !== undefined) conditions.push(sql`e.at >= ${from}`);
  if (until !== undefined) conditions.push(sql`e.at < ${until}`);
  return conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

/** Compares an event's place with a cursor, by the index. */
export function place(operator: '<' | '>', cursor: string) {
  const at = cursor.indexOf('.');
  const comparison = operator === '<' ? sql`<` : sql`>`;
  return sql<boolean>`(e.transaction, e.id) ${comparison} (${cursor.slice(0, at)}::bigint, ${cursor.slice(at + 1)}::uuid)`;
}
