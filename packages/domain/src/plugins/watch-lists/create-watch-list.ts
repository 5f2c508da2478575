import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const createWatchList = defineMutation({
  name: 'watchLists.create',
  summary: 'Make a watch list; its maker is told when a plugin in it changes',
  access: 'plugin:write',
  rest: { method: 'POST', path: '/v1/watch-lists' },
  input: z.object({
    name: z.string().trim().min(1).max(200),
    usersPercent: z.number().min(0.1).max(1000).default(10),
  }),
  output: z.object({ id: z.uuid() }),
  audit: { entityType: 'watch list', entityId: (_input, { id }) => id, details: ({ name }) => ({ name }) },
  async run({ db }, { name, usersPercent }) {
    const { rows } = await sql<{
      id: string;
    }>`select app.create_watch_list(${name}, ${usersPercent}::numeric) as id`.execute(db);
    return { id: rows[0]!.id };
  },
});
