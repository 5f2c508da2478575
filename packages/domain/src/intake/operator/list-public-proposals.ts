import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { selectPage, toPage } from '../proposal-query.ts';
import { listInput, proposalPage } from '../schema.ts';

export const listPublicProposals = defineOperatorAction({
  name: 'operator.listProposals',
  summary: 'What visitors proposed to the installation, oldest first',
  kind: 'query',
  input: listInput,
  output: proposalPage,
  run: async ({ db }, input) => toPage(await selectPage(db, null, input).execute(), input.limit),
});
