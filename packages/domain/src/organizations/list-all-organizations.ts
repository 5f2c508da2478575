import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { closing, closingColumns } from './closing.ts';

export const listAllOrganizations = defineIdentityAction({
  name: 'organizations.listAll',
  summary: 'List every organization, with those that are closed and will be erased; for who runs the installation',
  access: 'operator',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/installation/organizations' },
  input: z.object({
    search: z.string().max(200).optional().meta({ description: 'Part of a name' }),
    isClosing: z.boolean().optional(),
    limit: z.int().min(1).max(1000).default(200),
    cursor: z.uuid().optional(),
  }),
  output: z.object({
    items: z.array(z.object({ id: z.uuid(), name: z.string(), createdAt: z.string(), ...closing })),
    nextCursor: z.string().nullable(),
  }),
  async run({ db }, { search, isClosing, limit, cursor }) {
    const found = await db
      .selectFrom('organizations as o')
      .select(['o.id', 'o.name', 'o.created_at as createdAt', ...closingColumns])
      .$if(search !== undefined, (query) => query.where(sql<boolean>`position(lower(${search}) in lower(o.name)) > 0`))
      .$if(isClosing !== undefined, (query) => query.where('o.closed_at', isClosing ? 'is not' : 'is', null))
      .$if(cursor !== undefined, (query) => query.where('o.id', '>', cursor!))
      .orderBy('o.id')
      .limit(limit + 1)
      .execute();
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
  },
});
