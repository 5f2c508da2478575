import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';

const member = z
  .object({ userId: z.uuid(), email: z.string(), name: z.string(), roles: z.array(z.string()), since: z.string() })
  .meta({ id: 'Member' });

export const listMembers = defineQuery({
  name: 'members.list',
  summary: 'List the members of the active organization and their roles',
  access: 'member:read',
  rest: { method: 'GET', path: '/v1/members' },
  input: z.object({ limit: z.int().min(1).max(1000).default(200), cursor: z.uuid().optional() }),
  output: z.object({ items: z.array(member), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor }) {
    const [people, granted] = await reader.together(
      query
        .selectFrom('memberships as m')
        .innerJoin('users as u', 'u.id', 'm.user_id')
        .select(['u.id as userId', 'u.email', 'u.name', 'm.created_at as since'])
        .where('m.tenant_id', '=', tenantId)
        .where('m.left_at', 'is', null)
        .$if(cursor !== undefined, (q) => q.where('u.id', '>', cursor!))
        .orderBy('u.id')
        .limit(limit + 1),
      query
        .selectFrom('user_roles as g')
        .innerJoin('roles as r', (join) =>
          join.onRef('r.tenant_id', '=', 'g.tenant_id').onRef('r.id', '=', 'g.role_id'),
        )
        .select(['g.user_id', 'r.name'])
        .where('g.tenant_id', '=', tenantId)
        .orderBy('r.name'),
    );
    const roles = Map.groupBy(granted, ({ user_id }) => user_id);
    const items = people
      .slice(0, limit)
      .map((person) => ({ ...person, roles: (roles.get(person.userId) ?? []).map(({ name }) => name) }));
    return { items, nextCursor: people.length > limit ? items.at(-1)!.userId : null };
  },
});
