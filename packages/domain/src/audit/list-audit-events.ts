import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { type AuditFilter, auditCursor, auditEvent, auditFilter, matches, place, selectEvents } from './audit-event.ts';

export const selectNewest = (tenantId: string, filter: AuditFilter, before: string | undefined) =>
  selectEvents(tenantId)
    .where(matches(filter))
    .$if(before !== undefined, (q) => q.where(place('<', before!)))
    .orderBy('e.transaction', 'desc')
    .orderBy('e.id', 'desc');

export const listAuditEvents = defineQuery({
  name: 'audit.list',
  summary: 'List the audit events of the active organization, newest first',
  access: 'audit:read',
  rest: { method: 'GET', path: '/v1/audit' },
  input: z.object({
    limit: z.int().min(1).max(1000).default(100),
    cursor: auditCursor.optional(),
    ...auditFilter.shape,
  }),
  output: z.object({ items: z.array(auditEvent), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor, ...filter }) {
    const rows = await reader.rows(selectNewest(tenantId, filter, cursor).limit(limit + 1));
    const items = rows.slice(0, limit);
    return {
      items: items.map((row) => auditEvent.parse(row)),
      nextCursor: rows.length > limit ? (items.at(-1)?.cursor ?? null) : null,
    };
  },
});
