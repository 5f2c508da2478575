import { query } from '@granary/db';
import { defineQuery } from '../actions/define-action.ts';
import { selectPage, toPage } from './proposal-query.ts';
import { listInput, proposalPage } from './schema.ts';

export const listProposals = defineQuery({
  name: 'intake.list',
  summary: 'What visitors proposed to your organization, oldest first',
  access: 'source:write',
  rest: { method: 'GET', path: '/v1/intake' },
  input: listInput,
  output: proposalPage,
  run: async ({ reader, identity: { tenantId } }, input) =>
    toPage(await reader.rows(selectPage(query, tenantId, input)), input.limit),
});
