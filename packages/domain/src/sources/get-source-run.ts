import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { parseRun } from './parse-run.ts';
import { run, runId, sourceId } from './schema.ts';
import { selectRuns } from './source-query.ts';

export const getSourceRun = defineQuery({
  name: 'sources.runStatus',
  summary: 'How far a run is, or how it ended',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/runs/{runId}' },
  input: z.object({ sourceId, runId }),
  output: run,
  async run({ reader, identity: { tenantId } }, input) {
    const [found] = await reader.rows(selectRuns(query, tenantId, input.sourceId).where('id', '=', input.runId));
    if (!found) throw new DomainError('not_found', 'no such run');
    return parseRun(found);
  },
});
