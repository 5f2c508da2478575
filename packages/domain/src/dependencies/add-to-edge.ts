import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { addedDependency } from './added-dependency.ts';
import { dependency, dependencyDetail, dependencyTarget, targetJson } from './schema.ts';

export const addDependencyToEdge = defineMutation({
  name: 'dependencies.addToEdge',
  summary: 'Note that an edge depends on something of yours, or on a package, a service or a publication',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges/{edgeId}/dependencies' },
  input: z.object({ edgeId: z.uuid(), target: dependencyTarget, detail: dependencyDetail.default('') }),
  output: dependency,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ target: { kind } }, { id }) => ({ kind, dependencyId: id }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, target, detail }) =>
    addedDependency(
      db,
      tenantId,
      sql`app.add_dependency(null, ${edgeId}::uuid, ${targetJson(target)}::jsonb, ${detail})`,
    ),
});
