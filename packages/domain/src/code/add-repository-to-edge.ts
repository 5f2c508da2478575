import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { requireAllowedUrl } from '../webhooks/require-allowed-url.ts';
import { addedRepository } from './repository-query.ts';
import { branch, codeRepository, repositoryUrl } from './schema.ts';

export const addRepositoryToEdge = defineMutation({
  name: 'repositories.addToEdge',
  summary: 'Say where the code of an edge is; where its branch points is asked of its server from now on',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges/{edgeId}/repositories' },
  input: z.object({ edgeId: z.uuid(), url: repositoryUrl, branch: branch.default('main') }),
  output: codeRepository,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: (_input, { id, url }) => ({ repositoryId: id, host: new URL(url).host }),
  },
  run: ({ db, identity: { tenantId }, outboundAllow }, { edgeId, url, branch: name }) =>
    addedRepository(
      db,
      tenantId,
      sql`app.add_repository(null, ${edgeId}::uuid, ${requireAllowedUrl(url, outboundAllow)}, ${name})`,
    ),
});
