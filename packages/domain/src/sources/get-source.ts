import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchSource } from './no-such-source.ts';
import { source, sourceId } from './schema.ts';
import { selectSources } from './source-query.ts';

export const getSource = defineQuery({
  name: 'sources.get',
  summary: 'Get one source',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources/{sourceId}' },
  input: z.object({ sourceId }),
  output: source,
  async run({ reader, identity: { tenantId } }, input) {
    const [found] = await reader.rows(selectSources(query, tenantId).where('id', '=', input.sourceId));
    if (!found) throw noSuchSource();
    return source.parse(found);
  },
});
