import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { commitId } from './schema.ts';

export const pinVersion = defineMutation({
  name: 'repositories.pin',
  summary: 'Note for ever of which commit a version of the block or edge was made',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/repositories/{repositoryId}/pins' },
  input: z.object({
    repositoryId: z.uuid(),
    version: z.int().positive().meta({ description: 'Of the block or edge, by its number' }),
    commit: commitId
      .optional()
      .meta({ description: 'One that the branch was seen at; that at which it was seen last otherwise' }),
  }),
  output: z.object({ id: z.uuid(), commitId: z.string(), pinnedAt: z.string() }),
  audit: {
    entityType: 'code_repo',
    entityId: ({ repositoryId }) => repositoryId,
    details: ({ version }, { commitId: commit }) => ({ version, commit }),
  },
  async run({ db }, { repositoryId, version, commit }) {
    const { rows } = await sql<{ id: string; commitId: string; pinnedAt: string }>`
      select id, commit_id as "commitId", pinned_at as "pinnedAt"
      from app.pin_version(${repositoryId}::uuid, ${version}::integer, ${commit ?? null})`.execute(db);
    return rows[0]!;
  },
});
