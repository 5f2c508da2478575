import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { addedDependency } from './added-dependency.ts';
import { dependency, dependencyDetail, dependencyTarget, targetJson } from './schema.ts';

export const addDependencyToBlock = defineMutation({
  name: 'dependencies.addToBlock',
  summary: 'Note that a block depends on something of yours, or on a package, a service or a publication',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/blocks/{blockId}/dependencies' },
  input: z.object({ blockId: z.uuid(), target: dependencyTarget, detail: dependencyDetail.default('') }),
  output: dependency,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ target: { kind } }, { id }) => ({ kind, dependencyId: id }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, target, detail }) =>
    addedDependency(
      db,
      tenantId,
      sql`app.add_dependency(${blockId}::uuid, null, ${targetJson(target)}::jsonb, ${detail})`,
    ),
});
