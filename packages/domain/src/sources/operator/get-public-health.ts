import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { healthFrom, sourceHealth } from '../health.ts';
import { selectHealth } from '../health-query.ts';
import { sourceId } from '../schema.ts';

export const getPublicHealth = defineOperatorAction({
  name: 'operator.sourceHealth',
  summary: 'How well the pages of a source of the installation are read, field by field',
  kind: 'query',
  input: z.object({ sourceId }),
  output: sourceHealth,
  run: async ({ db }, input) => healthFrom(await selectHealth(db, null, input.sourceId).execute()),
});
