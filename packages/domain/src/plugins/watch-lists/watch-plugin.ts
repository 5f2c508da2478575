import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const watchPlugin = defineMutation({
  name: 'watchLists.add',
  summary: 'Put a plugin into a watch list; once more changes nothing',
  access: 'plugin:write',
  rest: { method: 'PUT', path: '/v1/watch-lists/{watchListId}/plugins/{pluginId}' },
  input: z.object({ watchListId: z.uuid(), pluginId: z.uuid() }),
  output: z.object({ added: z.literal(true) }),
  audit: {
    entityType: 'watch list',
    entityId: ({ watchListId }) => watchListId,
    details: ({ pluginId }) => ({ pluginId }),
  },
  async run({ db }, { watchListId, pluginId }) {
    await sql`select app.watch_plugin(${watchListId}::uuid, ${pluginId}::uuid)`.execute(db);
    return { added: true as const };
  },
});
