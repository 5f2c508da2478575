import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchRun } from './no-such-run.ts';
import { selectRun, selectRunSteps } from './run-query.ts';
import { runWithSteps } from './schema.ts';

export const getRun = defineQuery({
  name: 'runs.get',
  summary: 'Get a run with its steps',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/runs/{runId}' },
  input: z.object({ runId: z.uuid() }),
  output: runWithSteps,
  async run({ reader, identity: { tenantId } }, { runId }) {
    const [[found], steps] = await reader.together(selectRun(tenantId, runId), selectRunSteps(tenantId, runId));
    if (!found) throw noSuchRun();
    return runWithSteps.parse({ ...found, steps });
  },
});
