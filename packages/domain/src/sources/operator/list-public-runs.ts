import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { parseRun } from '../parse-run.ts';
import { run, runId, sourceId } from '../schema.ts';
import { selectRuns } from '../source-query.ts';

export const listPublicRuns = defineOperatorAction({
  name: 'operator.listRuns',
  summary: 'Runs of a source of the installation, newest first; or the one that is named',
  kind: 'query',
  input: z.object({ sourceId, runId: runId.optional(), limit: z.int().min(1).max(1000).default(50) }),
  output: z.array(run),
  async run({ db }, input) {
    const rows = await selectRuns(db, null, input.sourceId)
      .$if(input.runId !== undefined, (q) => q.where('id', '=', input.runId!))
      .orderBy('id', 'desc')
      .limit(input.limit)
      .execute();
    return rows.map(parseRun);
  },
});
