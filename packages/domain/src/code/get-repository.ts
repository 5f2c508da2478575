import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchRepository, selectRepositories } from './repository-query.ts';
import { codeRepository } from './schema.ts';

/** So many commits are shown, the newest. */
const mostCommits = 100;

export const getRepository = defineQuery({
  name: 'repositories.get',
  summary: 'Get one repository, where its branch was seen, and which versions are pinned to which commit',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/repositories/{repositoryId}' },
  input: z.object({ repositoryId: z.uuid() }),
  output: codeRepository.extend({
    commits: z.array(z.object({ commitId: z.string(), seenAt: z.string() })),
    pins: z.array(
      z.object({
        commitId: z.string(),
        blockVersionId: z.uuid().nullable(),
        edgeVersionId: z.uuid().nullable(),
        pinnedBy: z.uuid(),
        pinnedAt: z.string(),
      }),
    ),
  }),
  async run({ reader, identity: { tenantId } }, { repositoryId }) {
    const [[found], commits, pins] = await reader.together(
      selectRepositories(tenantId).where('id', '=', repositoryId),
      query
        .selectFrom('code_commits')
        .select(['commit_id as commitId', 'seen_at as seenAt'])
        .where('tenant_id', '=', tenantId)
        .where('repository_id', '=', repositoryId)
        .orderBy('seen_at', 'desc')
        .limit(mostCommits),
      query
        .selectFrom('code_pins')
        .select([
          'commit_id as commitId',
          'block_version_id as blockVersionId',
          'edge_version_id as edgeVersionId',
          'pinned_by as pinnedBy',
          'pinned_at as pinnedAt',
        ])
        .where('tenant_id', '=', tenantId)
        .where('repository_id', '=', repositoryId)
        .orderBy('id', 'desc')
        .limit(1000),
    );
    if (!found) throw noSuchRepository();
    return { ...codeRepository.parse(found), commits, pins };
  },
});
