import { query } from '@granary/db';
import { sql } from 'kysely';
import type { z } from 'zod';
import { describeNotice } from './describe-notice.ts';
import { eventTypeName, notification } from './schema.ts';

/** A part of an inbox, in its order; which rows the caller sees is the policy's to say. */
export const selectInbox = (tenantId: string, userId: string) =>
  query
    .selectFrom('notifications')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('place', 'is not', null);

/**
 * With what things are called now, as far as the caller may see them. The part is chosen first and each name looked up for
 * its rows alone (`limit 1`): joined, all to-dos of the organization would be read for a page.
 */
export const withNames = (part: ReturnType<typeof selectInbox>) =>
  query
    .selectFrom(part.as('n'))
    .leftJoinLateral(
      (eb) => eb.selectFrom('users').select('name').whereRef('users.id', '=', 'n.actor_id').limit(1).as('actor'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('datasets')
          .select('name')
          .whereRef('datasets.tenant_id', '=', 'n.tenant_id')
          .whereRef('datasets.id', '=', 'n.dataset_id')
          .limit(1)
          .as('d'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('todos')
          .select('title')
          .whereRef('todos.tenant_id', '=', 'n.tenant_id')
          .where('todos.id', '=', subject('todo'))
          .limit(1)
          .as('t'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('api_keys')
          .select('name')
          .whereRef('api_keys.tenant_id', '=', 'n.tenant_id')
          .where('api_keys.id', '=', subject('api_key'))
          .limit(1)
          .as('k'),
      (join) => join.onTrue(),
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
    ]);

/** Its id where the subject is of this kind: only then it is known to be a UUID. */
const subject = (type: string) => sql<string>`case when n.subject_type = ${type} then n.subject_id::uuid end`;

type Row = ReturnType<typeof withNames> extends { execute(): Promise<(infer R)[]> } ? R : never;

export function toNotification({ todoTitle, keyName, ...row }: Row): z.input<typeof notification> {
  const actorName = row.actorName === '' ? null : row.actorName;
  const type = eventTypeName.parse(row.type);
  return notification.parse({
    ...row,
    actorName,
    title: describeNotice({ type, data: row.data, actorName, datasetName: row.datasetName, todoTitle, keyName }),
  });
}
