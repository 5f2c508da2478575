import { query } from '@granary/db';
import { sql } from 'kysely';
import { defineMutation } from '../actions/define-action.ts';
import { backfillInput, historyOf } from './backfill-input.ts';
import { changedRun } from './changed-run.ts';
import { noSuchSource } from './no-such-source.ts';
import { run } from './schema.ts';
import { selectSources } from './source-query.ts';

export const backfillSource = defineMutation({
  name: 'sources.backfill',
  summary:
    'Have the Internet Archive asked for earlier pages of plugins, each with its own date; a day that was read live stays',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/backfill' },
  input: backfillInput,
  output: run,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: ({ addresses, from, to }, { id }) => ({ runId: id, addresses: addresses?.length ?? null, from, to }),
  },
  async run({ db, identity: { tenantId } }, input) {
    const [source] = await db
      .executeQuery(selectSources(query, tenantId).where('id', '=', input.sourceId))
      .then(({ rows }) => rows);
    if (!source) throw noSuchSource();
    const history = historyOf(source.connector, input);
    return changedRun(db, sql`app.backfill_source(${input.sourceId}::uuid, ${history}::jsonb)`);
  },
});
