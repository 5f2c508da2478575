import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { day } from '../schema.ts';
import { feedDay, feedPath } from './feed-day.ts';

export const listFeedDays = defineQuery({
  name: 'plugins.feedDays',
  summary: 'The days of the feed of public snapshots, newest first, with what their files hold',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/feed-days' },
  input: z.object({
    limit: z.int().min(1).max(1000).default(31),
    before: day.optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(feedDay), nextCursor: z.string().nullable() }),
  async run({ reader }, { limit, before }) {
    const rows = await reader.rows(
      query
        .selectFrom('feed_days')
        .select(['day', 'manifest'])
        .where('feed', '=', 'plugin_snapshots')
        .where('manifest', 'is not', null)
        .$if(before !== undefined, (q) => q.where('day', '<', before!))
        .orderBy('day', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map(({ day: of, manifest }) =>
      feedDay.parse({
        ...z.record(z.string(), z.unknown()).parse(manifest),
        path: feedPath(of),
      }),
    );
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.day ?? null) : null };
  },
});
