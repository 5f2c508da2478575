import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const checkImage = defineMutation({
  name: 'images.check',
  summary: 'Have the registry asked now which digest it has under the tag',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/images/{imageId}/checks' },
  input: z.object({ imageId: z.uuid() }),
  output: z.object({ queued: z.literal(true) }),
  audit: { entityType: 'docker_image', entityId: ({ imageId }) => imageId },
  async run({ db }, { imageId }) {
    await sql`select app.check_image(${imageId}::uuid)`.execute(db);
    return { queued: true as const };
  },
});
