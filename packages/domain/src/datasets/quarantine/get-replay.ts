import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { replay } from './schema.ts';
import { selectReplays } from './select-replays.ts';

export const getReplay = defineQuery({
  name: 'datasets.replayStatus',
  summary: 'Whether a replay of quarantined rows is done, and how many went into the dataset',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/quarantine/replays/{replayId}' },
  input: z.object({ datasetId: z.uuid(), replayId: z.uuid() }),
  output: replay,
  async run({ reader, identity: { tenantId } }, { datasetId, replayId }) {
    const [found] = await reader.rows(selectReplays(tenantId, datasetId).where('p.id', '=', replayId));
    if (!found) throw new DomainError('not_found', 'no such replay');
    return replay.parse(found);
  },
});
