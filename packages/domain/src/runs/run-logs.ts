import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchRun } from './no-such-run.ts';
import { selectRun, selectRunLogs, selectRunSteps } from './run-query.ts';
import { runLog, runWithSteps } from './schema.ts';

export const runLogs = defineQuery({
  name: 'runs.logs',
  summary: 'Tell how a run gets on, and what its steps logged; with `after` only the lines that came since',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/runs/{runId}/logs' },
  input: z.object({
    runId: z.uuid(),
    after: z.int().min(0).default(0).meta({ description: 'The number of the last line that you have' }),
    limit: z.int().min(1).max(10_000).default(1000),
  }),
  output: z.object({
    run: runWithSteps,
    items: z.array(runLog),
    after: z.int().meta({ description: 'For the next question' }),
  }),
  async run({ reader, identity: { tenantId } }, { runId, after, limit }) {
    const [[found], steps, rows] = await reader.together(
      selectRun(tenantId, runId),
      selectRunSteps(tenantId, runId),
      selectRunLogs(tenantId, runId, after).limit(limit),
    );
    if (!found) throw noSuchRun();
    const items = rows.map((row) => runLog.parse(row));
    return { run: runWithSteps.parse({ ...found, steps }), items, after: items.at(-1)?.number ?? after };
  },
});
