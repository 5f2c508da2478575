import type pg from 'pg';

/**
 * Every privilege in schemas of ours that was granted to the given roles, and every role that they belong to, one
 * sentence each: 'granary_api: USAGE on schema app'. What is made while the product runs is left out.
 */
export async function readPrivileges(client: pg.ClientBase, roles: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `with ours as (
       select oid, nspname from pg_namespace where nspname in ('public', 'app', 'data', 'identity', 'staging', 'jobs')
     ), granted (acl, object) as (
       select nspacl, format('schema %I', nspname) from pg_namespace where oid in (select oid from ours)
       union all
       select relacl, format('%I.%I', nspname, relname) from pg_class join ours on ours.oid = relnamespace
         where nspname not in ('data', 'staging', 'jobs')
       union all
       select attacl, format('column %I.%I.%I', nspname, relname, attname) from pg_attribute
         join pg_class on pg_class.oid = attrelid join ours on ours.oid = relnamespace
         where nspname not in ('data', 'staging', 'jobs')
       union all
       select proacl, format('function %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) from pg_proc as p join ours on ours.oid = pronamespace
       union all
       select typacl, format('type %I.%I', nspname, typname) from pg_type as t join ours on ours.oid = typnamespace
     )
     select line collate "C" as line from (
     select format('%I: %s on %s', rolname, privilege_type, object) as line
       from granted cross join aclexplode(acl) join pg_roles on pg_roles.oid = grantee where rolname = any ($1)
     union
     select format('%I: member of %I', member.rolname, role.rolname)
       from pg_auth_members join pg_roles as member on member.oid = pg_auth_members.member
       join pg_roles as role on role.oid = roleid where member.rolname = any ($1)
     ) as lines order by 1`,
    [roles],
  );
  return rows.map(({ line }) => line);
}
