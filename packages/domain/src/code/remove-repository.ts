import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const removeRepository = defineMutation({
  name: 'repositories.remove',
  summary: 'Take back where code is, unless versions are pinned to its commits',
  access: 'block:write',
  rest: { method: 'DELETE', path: '/v1/repositories/{repositoryId}' },
  input: z.object({ repositoryId: z.uuid() }),
  output: z.object({ removed: z.literal(true) }),
  audit: { entityType: 'code_repo', entityId: ({ repositoryId }) => repositoryId },
  async run({ db }, { repositoryId }) {
    await sql`select app.remove_repository(${repositoryId}::uuid)`.execute(db);
    return { removed: true as const };
  },
});
