import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { source } from '../schema.ts';
import { selectSources } from '../source-query.ts';

export const listPublicSources = defineOperatorAction({
  name: 'operator.listSources',
  summary: 'Every source of the installation, in the order in which they were made',
  kind: 'query',
  input: z.object({}),
  output: z.array(source),
  run: async ({ db }) => (await selectSources(db, null).orderBy('id').execute()).map((row) => source.parse(row)),
});
