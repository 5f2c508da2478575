import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';

export const listAllOrganizations = defineOperatorAction({
  name: 'operator.listOrganizations',
  summary: 'Every organization of the installation, with its owners and how many members it has',
  kind: 'query',
  input: z.object({ search: z.string().max(200).optional() }),
  output: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      owners: z.array(z.string()).meta({ description: 'Addresses of the active ones' }),
      members: z.int(),
      createdAt: z.string(),
    }),
  ),
  async run({ db }, { search }) {
    const found = await db
      .selectFrom('organizations as o')
      .select([
        'o.id',
        'o.name',
        'o.created_at as createdAt',
        sql<string>`(select count(*) from memberships m where m.tenant_id = o.id and m.left_at is null)`.as('members'),
        sql<string[]>`array(select u.email from user_roles g
          join roles r on r.tenant_id = o.id and r.id = g.role_id and r.is_builtin and r.name = 'owner'
          join users u on u.id = g.user_id and u.is_active where g.tenant_id = o.id order by 1)`.as('owners'),
      ])
      .$if(search !== undefined, (query) =>
        query.where(sql<boolean>`position(lower(${search}) in lower(o.name)) > 0 or o.id::text = lower(${search})`),
      )
      .orderBy(sql`lower(o.name)`)
      .orderBy('o.id')
      .execute();
    return found.map((each) => ({ ...each, members: Number(each.members) }));
  },
});
