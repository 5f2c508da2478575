import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const checkRepository = defineMutation({
  name: 'repositories.check',
  summary: 'Have the server of a repository asked now where the branch points',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/repositories/{repositoryId}/checks' },
  input: z.object({ repositoryId: z.uuid() }),
  output: z.object({ queued: z.literal(true) }),
  audit: { entityType: 'code_repo', entityId: ({ repositoryId }) => repositoryId },
  async run({ db }, { repositoryId }) {
    await sql`select app.check_repository(${repositoryId}::uuid)`.execute(db);
    return { queued: true as const };
  },
});
