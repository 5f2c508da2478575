import { sql } from 'kysely';

/** SQL for a count with its bound as JSON; null where there is none. `users`, `s.users`: which column. */
export const quantityOf = (column: 'rating_count', table: string) =>
  sql<{ value: number; bound: 'exact' | 'at_least' } | null>`case when ${sql.ref(`${table}.${column}`)} is not null then
    jsonb_build_object('value', ${sql.ref(`${table}.${column}`)}, 'bound',
      case when ${sql.ref(`${table}.${column}_at_least`)} then 'at_least' else 'exact' end) end`;

export const usersOf = (table: string) =>
  sql<{
    value: number;
    bound: 'exact' | 'at_least';
    metric: string;
  } | null>`case when ${sql.ref(`${table}.users`)} is not null then
    jsonb_build_object('value', ${sql.ref(`${table}.users`)}, 'bound',
      case when ${sql.ref(`${table}.users_at_least`)} then 'at_least' else 'exact' end,
      'metric', ${sql.ref(`${table}.metric`)}) end`;
