import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { trailSettings } from './trail-settings.ts';

export const getAuditSettings = defineQuery({
  name: 'audit.settings',
  summary: 'Say what the audit trail of the active organization keeps, and of which datasets reads are recorded',
  access: 'audit:read',
  rest: { method: 'GET', path: '/v1/audit/settings' },
  input: z.object({}),
  output: trailSettings.extend({
    datasetIds: z.array(z.uuid()).meta({ description: 'Whose reads are recorded, of those that the caller may read' }),
  }),
  async run({ reader, identity: { tenantId } }) {
    const [[settings], datasets] = await reader.together(
      query
        .selectFrom('organizations')
        .select(['audit_reads as reads', 'audit_retention_days as retentionDays'])
        .where('id', '=', tenantId),
      query
        .selectFrom('datasets')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('audit_reads', '=', true)
        .orderBy('id'),
    );
    return { ...trailSettings.parse(settings), datasetIds: datasets.map(({ id }) => id) };
  },
});
