import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { type AuditFilter, auditCursor, auditEvent, auditFilter, matches, place, selectEvents } from './audit-event.ts';

const followed = auditEvent
  .extend({ cursor: z.string().meta({ description: 'For going on after this event' }) })
  .meta({ id: 'FollowedAuditEvent' });

const beforeAll = '0.00000000-0000-0000-0000-000000000000';

const selectSettled = (tenantId: string) =>
  selectEvents(tenantId).where(sql<boolean>`e.transaction < (select app.audit_horizon())`);

export const selectFollowing = (tenantId: string, filter: AuditFilter, after: string) =>
  selectSettled(tenantId).where(matches(filter)).where(place('>', after)).orderBy('e.transaction').orderBy('e.id');

/**
 * In commit order, up to the oldest transaction that still runs: whoever goes on from `cursor` misses none, also not an event
 * whose transaction commits late.
 */
export const followAuditEvents = defineQuery({
  name: 'audit.follow',
  summary: 'List the audit events that came since a cursor, oldest first; without one, nothing but the cursor of now',
  access: 'audit:read',
  rest: { method: 'GET', path: '/v1/audit/since' },
  input: z.object({
    limit: z.int().min(1).max(1000).default(100),
    cursor: auditCursor.optional(),
    ...auditFilter.shape,
  }),
  output: z.object({ items: z.array(followed), cursor: z.string() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor, ...filter }) {
    const newest = selectSettled(tenantId).orderBy('e.transaction', 'desc').orderBy('e.id', 'desc').limit(1);
    if (cursor === undefined) return { items: [], cursor: (await reader.rows(newest))[0]?.cursor ?? beforeAll };
    const following = selectFollowing(tenantId, filter, cursor).limit(limit);
    // the newest first: its snapshot is the older one, so that the other query passed all events up to it
    const [[last], rows] = await reader.together(newest.where(place('>', cursor)), following);
    const passed = rows.length === 0 ? last?.cursor : rows.at(-1)?.cursor;
    return { items: rows.map((row) => followed.parse(row)), cursor: passed ?? cursor };
  },
});
