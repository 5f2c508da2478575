import { defineMutation } from '../actions/define-action.ts';
import { trailSettings } from './trail-settings.ts';

export const configureAudit = defineMutation({
  name: 'audit.configure',
  summary: 'Have reads of the active organization recorded, and say how long its audit events are kept',
  access: 'organization:write',
  rest: { method: 'PATCH', path: '/v1/audit/settings' },
  input: trailSettings.partial(),
  output: trailSettings,
  audit: { entityType: 'audit', entityId: () => null, details: (_input, output) => output },
  async run({ db, identity: { tenantId } }, { reads, retentionDays }) {
    const { rows } = await db.executeQuery(
      db
        .updateTable('organizations')
        .set((eb) => ({
          audit_reads: reads ?? eb.ref('audit_reads'),
          audit_retention_days: retentionDays === undefined ? eb.ref('audit_retention_days') : retentionDays,
        }))
        .where('id', '=', tenantId)
        .returning(['audit_reads as reads', 'audit_retention_days as retentionDays'])
        .compile(),
    );
    return trailSettings.parse(rows[0]);
  },
});
