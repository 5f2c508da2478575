import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const removeImage = defineMutation({
  name: 'images.remove',
  summary: 'Forget an image with its logs; what its registry has stays there',
  access: 'block:write',
  rest: { method: 'DELETE', path: '/v1/images/{imageId}' },
  input: z.object({ imageId: z.uuid() }),
  output: z.object({ removed: z.literal(true) }),
  audit: { entityType: 'docker_image', entityId: ({ imageId }) => imageId },
  async run({ db }, { imageId }) {
    await sql`select app.remove_image(${imageId}::uuid)`.execute(db);
    return { removed: true as const };
  },
});
