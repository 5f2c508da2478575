import { sql } from 'kysely';
import { defineMutation } from '../actions/define-action.ts';
import { decided } from './proposal-query.ts';
import { proposal, rejecting } from './schema.ts';

export const rejectProposal = defineMutation({
  name: 'intake.reject',
  summary: 'Decide that what was proposed is not followed; it is not asked about again',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/intake/{proposalId}/rejection' },
  input: rejecting,
  output: proposal,
  audit: {
    entityType: 'intake_proposal',
    entityId: ({ proposalId }) => proposalId,
    details: ({ reason }, { connector, item }) => ({ connector, item, reason }),
  },
  run: ({ db, identity: { tenantId } }, { proposalId, reason }) =>
    decided(db, tenantId, proposalId, sql`app.reject_proposal(${proposalId}::uuid, ${reason})`),
});
