import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { enqueue } from '../../jobs/enqueue.ts';
import { quarantineOf, replay, replayRequest } from './schema.ts';
import { selectReplays } from './select-replays.ts';

export const startReplay = defineMutation({
  name: 'datasets.replayQuarantine',
  summary:
    'Put quarantined rows into the dataset after all: corrected ones are read as the file was, and those that fit are added to the current version as one change set',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/quarantine/replays' },
  input: z.object({ ...quarantineOf, ...replayRequest.shape }),
  output: replay,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ version, rows }, { id }) => ({ version, rows, replayId: id }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version, ...rest }) {
    const request = replayRequest.parse(rest);
    const { rows } = await sql<{ id: string }>`
      select app.request_replay(${datasetId}::uuid, ${version}::integer, ${JSON.stringify(request)}::jsonb) as id`.execute(
      db,
    );
    const replayId = rows[0]!.id;
    await enqueue(db, tenantId, 'dataset.replay', { datasetId, replayId });
    const [started] = (await db.executeQuery(selectReplays(tenantId, datasetId).where('p.id', '=', replayId))).rows;
    return replay.parse(started);
  },
});
