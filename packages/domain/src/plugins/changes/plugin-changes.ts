import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { marketplace, pluginName, quantity, rating, state, userCount } from '../schema.ts';
import { beforeAllChanges, changeCursor, selectChanges } from './changes-query.ts';

const changed = z
  .object({
    plugin: pluginName,
    day: z.string(),
    state,
    users: userCount.nullable(),
    rating,
    ratingCount: quantity.nullable(),
    version: z.string().nullable(),
    pricing: z
      .object({
        kind: z.enum(['free', 'free_with_paid_features', 'free_trial', 'paid', 'unknown']),
        lowestPaidTier: z
          .object({ amount: z.string(), currency: z.string(), per: z.enum(['month', 'year', 'once']) })
          .nullable(),
      })
      .nullable(),
    capturedAt: z.string(),
    captureId: z.uuid(),
    origin: z.enum(['live', 'import', 'archive']),
    parser: z.object({ name: z.string(), version: z.int() }),
  })
  .meta({ id: 'ChangedSnapshot' });

export const pluginChanges = defineQuery({
  name: 'plugins.changes',
  summary:
    'Snapshots that were written or replaced since a cursor, oldest first; none is ever skipped, also not one that commits late',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/changes' },
  input: z.object({
    since: changeCursor
      .optional()
      .meta({ description: '`cursor` of the answer before; from the very first, if you do not say' }),
    marketplace: marketplace.optional(),
    scope: z.enum(['all', 'public', 'own']).default('all'),
    limit: z.int().min(1).max(1000).default(100),
  }),
  output: z.object({
    items: z.array(changed),
    cursor: z.string().meta({ description: 'For going on; keep it also where there are no items' }),
    hasMore: z.boolean(),
  }),
  async run({ reader }, { since = beforeAllChanges, limit, ...filter }) {
    const rows = await reader.rows(selectChanges({ after: since, ...filter }).limit(limit + 1));
    const page = rows.slice(0, limit);
    return {
      items: page.map((row) => changed.parse({ ...row, plugin: row })),
      cursor: page.at(-1)?.cursor ?? since,
      hasMore: rows.length > limit,
    };
  },
});
