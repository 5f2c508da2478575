import type pg from 'pg';
import { withClient } from '../with-client.ts';
import { type Login, loginRoles } from './ensure-logins.ts';
import { grantedPrivileges } from './privileges.gen.ts';
import { readPrivileges } from './privileges.ts';

/** The login must not, or cannot, do its work; `problems` has one sentence for each reason. */
export class PreflightError extends Error {
  override name = 'PreflightError';
  readonly problems: readonly string[];

  constructor(user: string, login: Login, problems: readonly string[]) {
    super(`${user} cannot serve as ${login}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Makes sure that a deployable's URL is neither too powerful nor too weak: api and identity must not be able to pass
 * row level security by (as superuser, owner of a table or with BYPASSRLS, themselves or through a role they belong to),
 * and every privilege that the migrations granted must be there. Throws PreflightError.
 */
export async function preflight(url: string, login: Login): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ user: string }>('select current_user as user');
    const user = rows[0]?.user ?? '';
    const problems = [...(await tooPowerful(client, login)), ...(await tooWeak(client, login, user))];
    if (problems.length > 0) throw new PreflightError(user, login, problems);
  });
}

async function tooPowerful(client: pg.ClientBase, login: Login): Promise<string[]> {
  const { rows } = await client.query<{
    self: boolean;
    name: string;
    superuser: boolean;
    bypassrls: boolean;
    table: string | null;
  }>(
    `select rolname = current_user as self, rolname as name, rolsuper as superuser, rolbypassrls as bypassrls,
       (select min(format('%I.%I', nspname, relname)) from pg_class as c join pg_namespace as n on n.oid = relnamespace
         where nspname in ('public', 'identity', 'data') and relkind in ('r', 'p') and relowner = role.oid) as table
     from pg_roles as role where pg_has_role(role.oid, 'member')
       and not (rolname <> current_user and (select rolsuper from pg_roles where rolname = current_user))
     order by 1 desc, 2`,
  );
  return rows.flatMap(({ self, name, superuser, bypassrls, table }) => {
    const whose = self ? 'it' : `it belongs to ${name}, which`;
    return [
      ...(superuser ? [`${whose} is a superuser`] : []),
      ...(bypassrls && login !== 'worker' ? [`${whose} has BYPASSRLS`] : []),
      ...(table !== null ? [`${whose} owns the table ${table}`] : []),
    ];
  });
}

async function tooWeak(client: pg.ClientBase, login: Login, user: string): Promise<string[]> {
  const role = loginRoles[login];
  if (user !== role) return [`it is not ${role}; granary db roles prints the right URL`];
  const roles = [role, 'granary_member', 'authenticated'];
  const present = new Set(await readPrivileges(client, roles));
  const lacking = grantedPrivileges
    .filter((line) => roles.some((name) => line.startsWith(`${name}: `)) && !present.has(line))
    .map((line) => `missing: ${line}`);
  if (login !== 'worker') return lacking;
  const { rows } = await client.query<{ bypassrls: boolean }>(
    'select rolbypassrls as bypassrls from pg_roles where rolname = current_user',
  );
  return rows[0]?.bypassrls
    ? lacking
    : [`missing: BYPASSRLS (a superuser runs: alter role ${role} bypassrls)`, ...lacking];
}
