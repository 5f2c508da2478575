import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { requireAllowedUrl } from '../webhooks/require-allowed-url.ts';
import { addedRepository } from './repository-query.ts';
import { branch, codeRepository, repositoryUrl } from './schema.ts';

export const addRepositoryToBlock = defineMutation({
  name: 'repositories.addToBlock',
  summary: 'Say where the code of a block is; where its branch points is asked of its server from now on',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/blocks/{blockId}/repositories' },
  input: z.object({ blockId: z.uuid(), url: repositoryUrl, branch: branch.default('main') }),
  output: codeRepository,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: (_input, { id, url }) => ({ repositoryId: id, host: new URL(url).host }),
  },
  run: ({ db, identity: { tenantId }, outboundAllow }, { blockId, url, branch: name }) =>
    addedRepository(
      db,
      tenantId,
      sql`app.add_repository(${blockId}::uuid, null, ${requireAllowedUrl(url, outboundAllow)}, ${name})`,
    ),
});
