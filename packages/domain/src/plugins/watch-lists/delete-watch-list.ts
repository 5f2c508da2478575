import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const deleteWatchList = defineMutation({
  name: 'watchLists.delete',
  summary: 'Delete a watch list',
  access: 'plugin:write',
  rest: { method: 'DELETE', path: '/v1/watch-lists/{watchListId}' },
  input: z.object({ watchListId: z.uuid() }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'watch list', entityId: ({ watchListId }) => watchListId },
  async run({ db }, { watchListId }) {
    await sql`select app.delete_watch_list(${watchListId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
