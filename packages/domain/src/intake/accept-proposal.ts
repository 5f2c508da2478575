import { sql } from 'kysely';
import { defineMutation } from '../actions/define-action.ts';
import { decided } from './proposal-query.ts';
import { accepting, proposal } from './schema.ts';

export const acceptProposal = defineMutation({
  name: 'intake.accept',
  summary: 'Have a source of the same marketplace ask for what was proposed, from its next run on',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/intake/{proposalId}/acceptance' },
  input: accepting,
  output: proposal,
  audit: {
    entityType: 'intake_proposal',
    entityId: ({ proposalId }) => proposalId,
    details: ({ sourceId }, { connector, item }) => ({ connector, item, sourceId }),
  },
  run: ({ db, identity: { tenantId } }, { proposalId, sourceId }) =>
    decided(db, tenantId, proposalId, sql`app.accept_proposal(${proposalId}::uuid, ${sourceId}::uuid)`),
});
