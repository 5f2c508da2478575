import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchImage, selectImages } from './image-query.ts';
import { image, imageLog } from './schema.ts';

export const imageLogs = defineQuery({
  name: 'images.logs',
  summary: 'Read what the build of an image logged, and its state; with `after` only what came since',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/images/{imageId}/logs' },
  input: z.object({
    imageId: z.uuid(),
    after: z.int().min(0).default(0).meta({ description: 'The last number that you have' }),
    limit: z.int().min(1).max(10_000).default(1000),
  }),
  output: z.object({
    image,
    items: z.array(imageLog),
    after: z.int().meta({ description: 'For the next question' }),
  }),
  async run({ reader, identity: { tenantId } }, { imageId, after, limit }) {
    const [[found], rows] = await reader.together(
      selectImages(tenantId).where('id', '=', imageId),
      query
        .selectFrom('image_logs')
        .select(['number', 'at', 'message'])
        .where('tenant_id', '=', tenantId)
        .where('image_id', '=', imageId)
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit),
    );
    if (!found) throw noSuchImage();
    const items = rows.map((row) => imageLog.parse(row));
    return { image: image.parse(found), items, after: items.at(-1)?.number ?? after };
  },
});
