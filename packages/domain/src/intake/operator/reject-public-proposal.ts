import { sql } from 'kysely';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { decided } from '../proposal-query.ts';
import { proposal, rejecting } from '../schema.ts';

export const rejectPublicProposal = defineOperatorAction({
  name: 'operator.rejectProposal',
  summary: 'Decide that what was proposed to the installation is not followed',
  kind: 'mutation',
  input: rejecting,
  output: proposal,
  async run({ db, event }, { proposalId, reason }) {
    event.on('intake_proposal', proposalId);
    event.note({ reason });
    return decided(db, null, proposalId, sql`app.reject_proposal(${proposalId}::uuid, ${reason})`);
  },
});
