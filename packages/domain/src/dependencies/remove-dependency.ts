import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const removeDependency = defineMutation({
  name: 'dependencies.remove',
  summary: 'Take back that something depends on something',
  access: 'block:write',
  rest: { method: 'DELETE', path: '/v1/dependencies/{dependencyId}' },
  input: z.object({ dependencyId: z.uuid() }),
  output: z.object({ removed: z.literal(true) }),
  audit: { entityType: 'dependency', entityId: ({ dependencyId }) => dependencyId },
  async run({ db }, { dependencyId }) {
    await sql`select app.remove_dependency(${dependencyId}::uuid)`.execute(db);
    return { removed: true as const };
  },
});
