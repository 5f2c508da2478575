import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { watchList } from './schema.ts';
import { selectWatchLists } from './watch-list-query.ts';

export const listWatchLists = defineQuery({
  name: 'watchLists.list',
  summary: 'The organization’s watch lists',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/watch-lists' },
  input: z.object({}),
  output: z.array(watchList),
  run: ({ reader, identity: { tenantId } }) =>
    reader.rows(selectWatchLists(tenantId).orderBy('l.name').orderBy('l.id')),
});
