import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { revenueParameters } from './revenue-parameters.ts';

export const setRevenueModel = defineOperatorAction({
  name: 'operator.setRevenueModel',
  summary:
    'Estimate revenue by other parameters from now on: a new version, by which every plugin is estimated at once',
  kind: 'mutation',
  input: z.object({ parameters: revenueParameters }),
  output: z.object({ version: z.int() }),
  async run({ db, event }, { parameters }) {
    const { rows } = await sql<{ version: number }>`
      select app.set_revenue_model(${JSON.stringify(parameters)}::jsonb) as version`.execute(db);
    const { version } = rows[0]!;
    event.on('revenue model', null);
    event.note({ version, parameters });
    return { version };
  },
});
