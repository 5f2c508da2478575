import { sql } from 'kysely';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { decided } from '../proposal-query.ts';
import { accepting, proposal } from '../schema.ts';

export const acceptPublicProposal = defineOperatorAction({
  name: 'operator.acceptProposal',
  summary: 'Have a source of the installation ask for what was proposed, from its next run on',
  kind: 'mutation',
  input: accepting,
  output: proposal,
  async run({ db, event }, { proposalId, sourceId }) {
    event.on('intake_proposal', proposalId);
    event.note({ sourceId });
    return decided(db, null, proposalId, sql`app.accept_proposal(${proposalId}::uuid, ${sourceId}::uuid)`);
  },
});
