import { sql } from 'kysely';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { backfillInput, historyOf } from '../backfill-input.ts';
import { changedRun } from '../changed-run.ts';
import { noSuchSource } from '../no-such-source.ts';
import { run } from '../schema.ts';
import { selectSources } from '../source-query.ts';

export const backfillPublicSource = defineOperatorAction({
  name: 'operator.backfillSource',
  summary: 'Have the Internet Archive asked for earlier pages of plugins of a source of the installation',
  kind: 'mutation',
  input: backfillInput,
  output: run,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    const source = await selectSources(db, null).where('id', '=', input.sourceId).executeTakeFirst();
    if (!source) throw noSuchSource();
    const history = historyOf(source.connector, input);
    const changed = await changedRun(db, sql`app.backfill_source(${input.sourceId}::uuid, ${history}::jsonb)`);
    event.note({ runId: changed.id });
    return changed;
  },
});
