import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchImage, selectImages } from './image-query.ts';
import { image } from './schema.ts';

export const getImage = defineQuery({
  name: 'images.get',
  summary: 'Get one image of a block or edge, and what its registry said of it',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/images/{imageId}' },
  input: z.object({ imageId: z.uuid() }),
  output: image,
  async run({ reader, identity: { tenantId } }, { imageId }) {
    const [found] = await reader.rows(selectImages(tenantId).where('id', '=', imageId));
    if (!found) throw noSuchImage();
    return image.parse(found);
  },
});
