import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const unwatchPlugin = defineMutation({
  name: 'watchLists.remove',
  summary: 'Take a plugin out of a watch list',
  access: 'plugin:write',
  rest: { method: 'DELETE', path: '/v1/watch-lists/{watchListId}/plugins/{pluginId}' },
  input: z.object({ watchListId: z.uuid(), pluginId: z.uuid() }),
  output: z.object({ removed: z.literal(true) }),
  audit: {
    entityType: 'watch list',
    entityId: ({ watchListId }) => watchListId,
    details: ({ pluginId }) => ({ pluginId }),
  },
  async run({ db }, { watchListId, pluginId }) {
    await sql`select app.unwatch_plugin(${watchListId}::uuid, ${pluginId}::uuid)`.execute(db);
    return { removed: true as const };
  },
});
