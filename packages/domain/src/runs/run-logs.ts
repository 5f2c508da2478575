import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchRun } from './no-such-run.ts';
import { selectRun } from './run-query.ts';
import { run, runLog } from './schema.ts';

export const runLogs = defineQuery({
  name: 'runs.logs',
  summary: 'Read what the steps of a run logged, and its state; with `after` only what came since',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/runs/{runId}/logs' },
  input: z.object({
    runId: z.uuid(),
    after: z
      .record(z.string().max(63), z.int().min(0))
      .default({})
      .meta({ description: 'By step: the last number that you have. Steps log beside each other, each in order' }),
    limit: z.int().min(1).max(10_000).default(1000),
  }),
  output: z.object({
    run,
    items: z.array(runLog),
    after: z.record(z.string(), z.int()).meta({ description: 'For the next question' }),
  }),
  async run({ reader, identity: { tenantId } }, { runId, after, limit }) {
    const [[found], rows] = await reader.together(
      selectRun(tenantId, runId),
      query
        .selectFrom('run_logs as l')
        .select(['l.step', 'l.number', 'l.at', 'l.level', 'l.message'])
        .where('l.tenant_id', '=', tenantId)
        .where('l.run_id', '=', runId)
        .where('l.number', '>', sql<number>`coalesce((${JSON.stringify(after)}::text::jsonb ->> l.step)::integer, 0)`)
        .orderBy('l.at')
        .orderBy('l.step')
        .orderBy('l.number')
        .limit(limit),
    );
    if (!found) throw noSuchRun();
    const items = rows.map((row) => runLog.parse(row));
    const last = { ...after };
    for (const { step, number } of items) last[step] = Math.max(number, last[step] ?? 0);
    return { run: run.parse(found), items, after: last };
  },
});
