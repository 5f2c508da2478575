import pg from 'pg';

interface Found {
  readonly user: string;
  readonly database: string;
  readonly superuser: boolean;
  readonly createrole: boolean;
  readonly bypassrls: boolean;
  readonly owns_database: boolean;
  readonly owns_public: boolean;
  readonly elevates: boolean;
  readonly absent: readonly string[];
  readonly ungrantable: readonly string[];
}

// What the shim and the migrations create or grant onwards.
const roles = ['anon', 'authenticated', 'service_role', 'authenticator'];
const ours = ['granary_member', 'granary_api', 'granary_identity', 'granary_worker'];
const bypassing: ReadonlyMap<string, string> = new Map([
  ['service_role', 'nologin bypassrls'],
  ['granary_worker', 'nologin noinherit bypassrls'],
]);

export interface MissingPrivilege {
  readonly name: string;
  /** What a superuser runs to grant it. */
  readonly remedy: string;
}

/** What the connected user lacks to set up a plain PostgreSQL, shim and migrations; nothing for a superuser. */
export async function missingPrivileges(client: pg.ClientBase): Promise<MissingPrivilege[]> {
  const { rows } = await client.query<Found>(
    `select current_user as user, current_database() as database,
       rolsuper as superuser, rolcreaterole as createrole, rolbypassrls as bypassrls,
       (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) as owns_database,
       (select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public') as owns_public,
       current_setting('server_version_num')::int >= 160000 as elevates,
       array(select name from unnest($1::text[]) as name where to_regrole(name) is null) as absent,
       -- before PostgreSQL 16 createrole is enough to grant any role that is no superuser
       array(select rolname::text from pg_roles as role where rolname = any ($1) and rolname <> 'authenticator'
         and current_setting('server_version_num')::int >= 160000
         and not pg_has_role(role.oid, 'member with admin option')) as ungrantable
     from pg_roles where rolname = current_user`,
    [[...roles, ...ours]],
  );
  const found = rows[0];
  return found && !found.superuser ? [...missing(found)] : [];
}

function* missing(found: Found): Generator<MissingPrivilege> {
  const user = pg.escapeIdentifier(found.user);
  if (!found.owns_database) {
    const remedy = `alter database ${pg.escapeIdentifier(found.database)} owner to ${user};`;
    yield { name: `ownership of the database ${found.database}`, remedy };
  }
  if (!found.owns_public)
    yield { name: 'ownership of the schema public', remedy: `alter schema public owner to ${user};` };
  // definer functions read tables under FORCE row level security
  if (!found.bypassrls) yield { name: 'BYPASSRLS', remedy: `alter role ${user} bypassrls;` };
  if (!found.createrole && found.absent.length > 0)
    yield { name: 'CREATEROLE', remedy: `alter role ${user} createrole;` };
  for (const role of found.absent) {
    const attributes = bypassing.get(role);
    if (attributes === undefined || found.elevates) continue; // since PostgreSQL 16 who has BYPASSRLS can give it
    yield { name: `the right to create ${role} with BYPASSRLS`, remedy: `create role ${role} ${attributes};` };
  }
  for (const role of found.ungrantable) {
    yield { name: `ADMIN OPTION on ${role}`, remedy: `grant ${role} to ${user} with admin option;` };
  }
}
