import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { auditEvent, auditEventColumns } from './schema.ts';

export const listAuditEvents = defineQuery({
  name: 'audit.list',
  summary: 'List the audit events of the active organization, newest first',
  access: 'audit:read',
  rest: { method: 'GET', path: '/v1/audit' },
  input: z.object({
    limit: z.int().min(1).max(1000).default(100),
    cursor: z.uuid().optional(),
    entityId: z.uuid().optional(),
  }),
  output: z.object({ items: z.array(auditEvent), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor, entityId }) {
    const rows = await reader.rows(
      query
        .selectFrom('audit_events')
        .select(auditEventColumns)
        .where('tenant_id', '=', tenantId)
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
        .$if(entityId !== undefined, (q) => q.where('entity_id', '=', entityId!))
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => auditEvent.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
