import { query } from '@granary/db';

/** Verifications of an edge's versions; those that read datasets are seen by who may read them. */
export const selectVerifications = (tenantId: string, edgeId: string) =>
  query
    .selectFrom('edge_verifications as r')
    .innerJoin('edge_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'r.tenant_id').onRef('v.id', '=', 'r.edge_version_id'),
    )
    .select([
      'r.id',
      'r.edge_id as edgeId',
      'v.number as version',
      'r.status',
      'r.logs',
      'r.expectations',
      'r.limits',
      'r.inputs',
      'r.results',
      'r.requested_by as requestedBy',
      'r.verified_at as verifiedAt',
      'r.verified_by as verifiedBy',
      'r.decision',
      'r.decided_by as decidedBy',
      'r.decided_at as decidedAt',
      'r.decision_note as decisionNote',
      'r.created_at as createdAt',
      'r.updated_at as updatedAt',
    ])
    .where('r.tenant_id', '=', tenantId)
    .where('r.edge_id', '=', edgeId);
