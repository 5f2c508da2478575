import { query } from '@granary/db';
import { sql } from 'kysely';

export const selectWatchLists = (tenantId: string) =>
  query
    .selectFrom('watch_lists as l')
    .where('l.tenant_id', '=', tenantId)
    .select(['l.id', 'l.name', 'l.created_by as createdBy', 'l.created_at as createdAt'])
    .select([
      sql<number>`l.users_percent::float8`.as('usersPercent'),
      sql<number>`(select count(*) from watch_list_plugins w where w.tenant_id = l.tenant_id and w.watch_list_id = l.id)`.as(
        'plugins',
      ),
    ]);
