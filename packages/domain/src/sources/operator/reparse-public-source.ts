import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { changedRun } from '../changed-run.ts';
import { run, sourceId } from '../schema.ts';

export const reparsePublicSource = defineOperatorAction({
  name: 'operator.reparseSource',
  summary: 'Derive all facts of a source of the installation again from its captures',
  kind: 'mutation',
  input: z.object({ sourceId, dryRun: z.boolean().default(false) }),
  output: run,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    const changed = await changedRun(db, sql`app.reparse_source(${input.sourceId}::uuid, ${input.dryRun})`);
    event.note({ runId: changed.id, dryRun: input.dryRun });
    return changed;
  },
});
