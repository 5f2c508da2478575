import { query } from '@granary/db';
import { sql } from 'kysely';
import type { z } from 'zod';
import { describeNotice } from './describe-notice.ts';
import { eventTypeName, notification } from './schema.ts';

/**
 * The caller's inbox: which rows those are is the policies' to say, and so is whether the names of what they are about can be
 * seen. In no order yet.
 */
export const selectNotifications = (tenantId: string, userId: string) =>
  query
    .selectFrom('notifications as n')
    .leftJoin('users as actor', 'actor.id', 'n.actor_id')
    .leftJoin('datasets as d', (join) =>
      join.onRef('d.tenant_id', '=', 'n.tenant_id').onRef('d.id', '=', 'n.dataset_id'),
    )
    .leftJoin('todos as t', (join) => join.onRef('t.tenant_id', '=', 'n.tenant_id').on('t.id', '=', subject('todo')))
    .leftJoin('api_keys as k', (join) =>
      join.onRef('k.tenant_id', '=', 'n.tenant_id').on('k.id', '=', subject('api_key')),
    )
    .select([
      'n.id',
      'n.type',
      'n.actor_id as actorId',
      'actor.name as actorName',
      'n.subject_type as subjectType',
      'n.subject_id as subjectId',
      'n.dataset_id as datasetId',
      'd.name as datasetName',
      't.title as todoTitle',
      'k.name as keyName',
      'n.data',
      'n.created_at as createdAt',
      'n.read_at as readAt',
      sql<string>`n.place::text`.as('cursor'),
    ])
    .where('n.tenant_id', '=', tenantId)
    .where('n.user_id', '=', userId);

/** Its id where the subject is of this kind: only then it is known to be a UUID. */
const subject = (type: string) => sql<string>`case when n.subject_type = ${type} then n.subject_id::uuid end`;

type Row = ReturnType<typeof selectNotifications> extends { execute(): Promise<(infer R)[]> } ? R : never;

export function toNotification({ todoTitle, keyName, ...row }: Row): z.input<typeof notification> {
  const actorName = row.actorName === '' ? null : row.actorName;
  const type = eventTypeName.parse(row.type);
  return notification.parse({
    ...row,
    actorName,
    title: describeNotice({ type, data: row.data, actorName, datasetName: row.datasetName, todoTitle, keyName }),
  });
}
