import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { selectPlugins } from '../plugin-query.ts';
import { pluginSummary } from '../schema.ts';
import { watchList } from './schema.ts';
import { selectWatchLists } from './watch-list-query.ts';

export const getWatchList = defineQuery({
  name: 'watchLists.get',
  summary: 'A watch list and the plugins in it, in the order of their ids',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/watch-lists/{watchListId}' },
  input: z.object({
    watchListId: z.uuid(),
    limit: z.int().min(1).max(100).default(100),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: watchList.extend({ items: z.array(pluginSummary), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { watchListId, limit, cursor }) {
    const [[list], rows] = await reader.together(
      selectWatchLists(tenantId).where('l.id', '=', watchListId),
      selectPlugins()
        .innerJoin('watch_list_plugins as w', 'w.plugin_id', 'p.id')
        .where('w.tenant_id', '=', tenantId)
        .where('w.watch_list_id', '=', watchListId)
        .$if(cursor !== undefined, (q) => q.where('p.id', '>', cursor!))
        .orderBy('p.id')
        .limit(limit + 1),
    );
    if (!list) throw new DomainError('not_found', 'no such watch list');
    const items = rows.slice(0, limit).map((row) => pluginSummary.parse(row));
    return { ...list, items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  },
});
