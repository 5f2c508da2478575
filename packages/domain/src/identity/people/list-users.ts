import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { user, userColumns } from './schema.ts';

export const listUsers = defineIdentityAction({
  name: 'users.list',
  summary: 'List people, for who runs the installation',
  access: 'operator',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/users' },
  input: z.object({
    search: z.string().max(200).optional().meta({ description: 'Part of an address, a user name or a name' }),
    isActive: z.boolean().optional(),
    limit: z.int().min(1).max(1000).default(200),
    cursor: z.uuid().optional(),
  }),
  output: z.object({ items: z.array(user), nextCursor: z.string().nullable() }),
  async run({ db }, { search, isActive, limit, cursor }) {
    const found = await db
      .selectFrom('users')
      .select(userColumns)
      .$if(search !== undefined, (query) =>
        query.where(sql<boolean>`position(lower(${search}) in lower(concat_ws(' ', email, username, name))) > 0`),
      )
      .$if(isActive !== undefined, (query) => query.where('is_active', '=', isActive!))
      .$if(cursor !== undefined, (query) => query.where('id', '>', cursor!))
      .orderBy('id')
      .limit(limit + 1)
      .execute();
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
  },
});
