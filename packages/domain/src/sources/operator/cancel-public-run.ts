import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { changedRun } from '../changed-run.ts';
import { run, runId, sourceId } from '../schema.ts';

export const cancelPublicRun = defineOperatorAction({
  name: 'operator.cancelRun',
  summary: 'End a run of a source of the installation before its time',
  kind: 'mutation',
  input: z.object({ sourceId, runId }),
  output: run,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    const changed = await changedRun(db, sql`app.cancel_source_run(${input.sourceId}::uuid, ${input.runId}::uuid)`);
    event.note({ runId: changed.id });
    return changed;
  },
});
