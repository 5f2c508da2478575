import { defineMutation } from '../actions/define-action.ts';
import { sourceChanges, updateSourceIn } from './save-source.ts';
import { source } from './schema.ts';

export const updateSource = defineMutation({
  name: 'sources.update',
  summary: 'Change a source’s name, settings or schedule',
  access: 'source:write',
  rest: { method: 'PATCH', path: '/v1/sources/{sourceId}' },
  input: sourceChanges,
  output: source,
  audit: {
    entityType: 'source',
    entityId: ({ sourceId }) => sourceId,
    details: ({ sourceId: _, revision: __, ...changes }) => ({ changed: Object.keys(changes).sort() }),
  },
  run: ({ db, identity: { tenantId } }, input) => updateSourceIn(db, tenantId, input),
});
