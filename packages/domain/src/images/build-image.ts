import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { madeImage } from './image-query.ts';
import { dockerfile, image, imageTag } from './schema.ts';

export const buildImage = defineMutation({
  name: 'images.build',
  summary: 'Have an image built of a commit of a registered repository, and put into the installation’s registry',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/repositories/{repositoryId}/images' },
  input: z.object({
    repositoryId: z.uuid(),
    version: z.int().positive().nullable().default(null).meta({
      description: 'Of the block or edge: the commit that it is pinned to. Null: where the branch was seen last',
    }),
    tag: imageTag,
    dockerfile: dockerfile.default('Dockerfile'),
  }),
  output: image,
  audit: {
    entityType: 'docker_image',
    entityId: (_input, { id }) => id,
    details: ({ repositoryId, tag }, { commitId }) => ({ repositoryId, tag, commit: commitId }),
  },
  run: ({ db, identity: { tenantId } }, { repositoryId, version, tag, dockerfile: file }) =>
    madeImage(db, tenantId, sql`app.request_image(${repositoryId}::uuid, ${version}::integer, ${tag}, ${file})`),
});
