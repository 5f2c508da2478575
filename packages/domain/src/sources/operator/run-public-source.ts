import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { changedRun } from '../changed-run.ts';
import { run, sourceId } from '../schema.ts';

export const runPublicSource = defineOperatorAction({
  name: 'operator.runSource',
  summary: 'Crawl a source of the installation now',
  kind: 'mutation',
  input: z.object({ sourceId }),
  output: run,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    const changed = await changedRun(db, sql`app.run_source(${input.sourceId}::uuid)`);
    event.note({ runId: changed.id });
    return changed;
  },
});
