import { defineMutation } from '../actions/define-action.ts';
import { createSourceIn, newSource } from './save-source.ts';
import { source } from './schema.ts';

export const createSource = defineMutation({
  name: 'sources.create',
  summary: 'Follow a marketplace, or pages of a site, for your organization alone',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources' },
  input: newSource,
  output: source,
  audit: {
    entityType: 'source',
    entityId: (_input, { id }) => id,
    details: ({ connector, name, cron }) => ({ connector, name, cron }),
  },
  run: ({ db }, input) => createSourceIn(db, input, false),
});
