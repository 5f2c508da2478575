import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { selectAlarms } from '../alarm-query.ts';
import { healthFrom, sourceHealth } from '../health.ts';
import { selectHealth } from '../health-query.ts';
import { sourceId } from '../schema.ts';

export const getPublicHealth = defineOperatorAction({
  name: 'operator.sourceHealth',
  summary: 'How well the pages of a source of the installation are read, field by field',
  kind: 'query',
  input: z.object({ sourceId }),
  output: sourceHealth,
  async run({ db }, input) {
    const runs = await selectHealth(db, null, input.sourceId).execute();
    return healthFrom(runs, await selectAlarms(db, null, input.sourceId).execute());
  },
});
