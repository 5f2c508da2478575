import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { runChange, runId, sourceId } from './schema.ts';
import { selectChanges } from './source-query.ts';

export const runChanges = defineQuery({
  name: 'sources.runChanges',
  summary: 'What a reparse changed, or would have changed: of the first pages, each field before and after',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}/runs/{runId}/changes' },
  input: z.object({ sourceId, runId }),
  output: z.object({ items: z.array(runChange) }),
  async run({ reader, identity: { tenantId } }, input) {
    const [found] = await reader.rows(selectChanges(query, tenantId, input));
    if (!found) throw new DomainError('not_found', 'no such run');
    return { items: z.array(runChange).parse(found.changes) };
  },
});
