/**
 * The rules of the catalogue check: each a query over the catalogue with columns `subject` and `problem`, empty when the rule
 * holds. $1: schemas of ours with tables; $2: tables that belong to no tenant, with the reason in `tenantless`.
 */

/** Tables whose rows whoever may read the table may read: nothing in them is anybody’s. */
export const sameForEverybody = [
  'public.permissions',
  'public.feature_flags',
  'public.entitlements',
  'public.plans',
  'public.plan_entitlements',
  'public.revenue_models',
  'public.company_merges',
  'public.feeds',
  'public.feed_days',
  'public.event_types',
  'public.embedding_models',
] as const;

/** Tables without a tenant stand here, each with its reason; a new one fails the check until somebody writes one. */
export const tenantless: Readonly<Record<string, string>> = {
  'public.users': 'people belong to several organizations; a policy shows whom one shares an organization with',
  'public.permissions': 'the same words for everybody',
  'public.entitlements': 'the same words for everybody',
  'public.plans': 'what may be read on the page with the prices',
  'public.plan_entitlements': 'what may be read on the page with the prices',
  'public.revenue_models': 'how revenue is estimated, for everybody',
  'public.feeds': 'of public facts alone; the worker’s',
  'public.feed_days': 'of public facts alone; whoever may read plugins may read it',
  'public.company_merges': 'of public companies alone; whoever may read plugins may read it',
  'public.event_types': 'the same words for everybody',
  'public.doomed_vectors':
    'what has to be removed elsewhere, also for organizations that are gone; keys without meaning',
  'public.embedding_models': 'the installation’s; nothing in them is anybody’s',
  'public.feature_flags': 'switches of the installation; nothing in them is anybody’s',
};

/**
 * Tables whose rows may belong to the installation instead of an organization (docs/adr/0032-crawling.md), each with its
 * reason. Their tenant_id may be null, hence matches no policy of an organization; owner_id is generated from it, and keeps
 * references within one owner.
 */
export const withPublicRows: Readonly<Record<string, string>> = {
  'public.sources': 'operators follow marketplaces for everybody',
  'public.source_runs': 'of sources',
  'public.captures': 'of sources',
  'public.crawl_requests': 'of sources',
  'public.source_alarms': 'of sources',
  'public.intake_forms': 'visitors propose pages to the installation as well',
  'public.intake_proposals': 'of forms',
  'public.intake_messages': 'of forms',
  'public.companies': 'of plugins',
  'public.plugins': 'what operators’ sources say of them everybody reads',
  'public.plugin_snapshots': 'of plugins',
  'public.plugin_labels': 'of plugins',
  'public.revenue_estimates': 'of plugins',
  'public.plugin_summaries': 'of plugins',
  'public.language_model_answers': 'of plugins',
};

const listOf = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

export const ownSchemas = ['public', 'data', 'staging', 'identity', 'jobs'] as const;

const tables = `select c.oid, c.relname, c.relkind, n.nspname, n.nspname || '.' || c.relname as name, c.reloptions,
    c.relrowsecurity, c.relforcerowsecurity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

const tenantColumn = `case t.name when 'public.organizations' then 'id' else 'tenant_id' end`;
const mayBePublic = `t.name in (${listOf(Object.keys(withPublicRows))})`;
const ofTenants = `t.relkind in ('r', 'p') and t.nspname in ('public', 'data') and t.name <> all ($2::text[])`;

export const securityRules: Readonly<Record<string, string>> = {
  'row level security is on, forced, and has a policy': `
    select t.name as subject, problem from (${tables}) t, lateral (values
      (not t.relrowsecurity, 'row level security is off'),
      (not t.relforcerowsecurity, 'row level security is not forced on the owner'),
      (not exists (select from pg_policy p where p.polrelid = t.oid), 'no policy')
    ) as found (is_so, problem)
    where t.relkind in ('r', 'p') and is_so`,

  'a table of tenants has a tenant_id that is never null': `
    select t.name as subject, 'no tenant_id that is not null' as problem from (${tables}) t
    where ${ofTenants} and not ${mayBePublic} and not exists (
      select from pg_attribute a where a.attrelid = t.oid and a.attname = ${tenantColumn} and a.attnotnull)`,

  'a table with rows of the installation has an owner_id that is generated from the tenant': `
    select t.name as subject, 'no owner_id generated as coalesce(tenant_id, app.installation_id())' as problem from (${tables}) t
    where ${mayBePublic} and not exists (
      select from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = t.oid and a.attname = 'owner_id' and a.attnotnull and a.attgenerated = 's'
        and pg_get_expr(d.adbin, d.adrelid) = 'COALESCE(tenant_id, app.installation_id())')`,

  'the tenant of a row is decided once': `
    select t.name as subject, 'the tenant column can be updated by ' || role as problem
    from (${tables}) t join pg_attribute a on a.attrelid = t.oid and a.attname = ${tenantColumn},
      unnest('{authenticated,granary_member}'::text[]) role
    where ${ofTenants} and has_column_privilege(role, t.oid, a.attnum, 'UPDATE')`,

  'policies are for named roles, and ask the access functions once per statement': `
    select t.name as subject, 'policy ' || p.polname || problem as problem
    from (${tables}) t join pg_policy p on p.polrelid = t.oid, lateral (values
      (0 = any (p.polroles), ' is for PUBLIC'),
      (t.nspname in ('public', 'data') and t.name not in (${listOf(sameForEverybody)})
        and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) !~ case when p.polpermissive
          then '\\( SELECT (app\\.|auth\\.)?(tenants_with|datasets_with|may_read_dataset|visible_users|user_id)\\('
          else '\\( SELECT (app\\.)?datasets_read_by_api\\(' end, -- what takes away from what another one gives
        ' does not ask an access function in a subselect')
    ) as found (is_so, problem) where is_so`,

  'anon and PUBLIC have no right on any table, sequence or function': `
    select t.name as subject, 'grants ' || privilege || ' to ' || role as problem from (${tables}) t,
      unnest('{anon,public}'::text[]) role, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege
      where has_table_privilege(role, t.oid, privilege)
        or (privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(role, t.oid, privilege))
    union all
    select c.oid::regclass::text, 'sequence is usable by ' || role from pg_class c join pg_namespace n on n.oid = c.relnamespace,
      unnest('{anon,public,authenticated}'::text[]) role
      where c.relkind = 'S' and n.nspname = any ($1::text[]) and has_sequence_privilege(role, c.oid, 'USAGE,UPDATE')
    union all
    select f.oid::regprocedure::text, 'can be executed by ' || role from pg_proc f join pg_namespace n on n.oid = f.pronamespace,
      unnest('{anon,public}'::text[]) role
      where n.nspname = any (array_append($1::text[], 'app')) and has_function_privilege(role, f.oid, 'EXECUTE')
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')`,

  'authenticated, the role of PostgREST, may write nothing': `
    select t.name as subject, 'grants ' || privilege || ' to authenticated' as problem from (${tables}) t,
      unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege
      where has_table_privilege('authenticated', t.oid, privilege)
        or (privilege in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege('authenticated', t.oid, privilege))`,

  'nobody but the owner may truncate, refer to or put triggers on a table of tenants': `
    select t.name as subject, 'grants ' || privilege || ' to granary_member' as problem from (${tables}) t,
      unnest('{TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege where has_table_privilege('granary_member', t.oid, privilege)`,

  'schemas of credentials, of the queue and of landing tables are closed': `
    select schema as subject, 'can be used by ' || role as problem
    from unnest('{identity,jobs,staging}'::text[]) schema, unnest('{anon,public,authenticated,granary_member,granary_api}'::text[]) role
    where has_schema_privilege(role, schema, 'USAGE')
    union all
    select schema, 'can be used by ' || role from unnest('{app,data}'::text[]) schema, unnest('{anon,public}'::text[]) role
    where has_schema_privilege(role, schema, 'USAGE')`,

  'views run with the rights of who asks': `
    select t.name as subject, case t.relkind when 'v' then 'view without security_invoker' else 'knows no policies' end as problem
    from (${tables}) t where t.relkind in ('m', 'f') or t.relkind = 'v'
      and not coalesce(t.reloptions @> '{security_invoker=true}' or t.reloptions @> '{security_invoker=on}', false)`,

  'a reference cannot leave its tenant, and has an index': `
    select t.name as subject, 'foreign key ' || k.conname || ' does not include tenant_id' as problem
    from (${tables}) t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    where ${ofTenants} and k.confrelid <> all (array[${listOf(['public.users', ...sameForEverybody])}]::regclass[])
      and not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnum = any (k.conkey))
      and not (${mayBePublic} and exists (
        select from pg_attribute a where a.attrelid = t.oid and a.attname = 'owner_id' and a.attnum = any (k.conkey)))
    union all
    select t.name, 'foreign key ' || k.conname || ' does not include owner_id, so it does not hold where tenant_id is null'
    from (${tables}) t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    where ${mayBePublic} and k.confrelid = any (array[${listOf(['public.stored_objects', ...Object.keys(withPublicRows)])}]::regclass[])
      and not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'owner_id' and a.attnum = any (k.conkey))
    union all
    select t.name, 'foreign key ' || k.conname || ' has no index'
    from (${tables}) t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
    where t.nspname in ('public', 'identity') and not exists (
      select from pg_index i where i.indrelid = t.oid
        and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] <@ k.conkey)
      -- all rows of a tenant have the same tenant: an index on what else the key refers to is as good
      and not exists (select from pg_index i, pg_attribute a where i.indrelid = t.oid and a.attrelid = t.oid
        and a.attname <> 'tenant_id' and a.attnum = any (k.conkey) and i.indkey[0] = a.attnum)`,

  'a definer function has a fixed search_path': `
    select f.oid::regprocedure::text as subject, 'security definer without a fixed search_path' as problem
    from pg_proc f join pg_namespace n on n.oid = f.pronamespace
    where f.prosecdef and n.nspname = any (array_append($1::text[], 'app'))
      and not exists (select from unnest(f.proconfig) setting where setting like 'search_path=%')`,

  'no default privilege opens what is made later': `
    select coalesce(n.nspname, 'all schemas') as subject, 'default privileges for ' || acl.grantee::regrole as problem
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) acl
    where acl.grantee::regrole::text in ('anon', 'authenticated') and coalesce(n.nspname, 'public') = any ($1::text[])
      and d.defaclrole = (select nspowner from pg_namespace where nspname = 'app')`,

  'a data table asks about the dataset that it belongs to': `
    select t.name as subject, 'its policies do not ask for its own dataset alone' as problem
    from (${tables}) t where t.nspname = 'data' and not exists (
      select from dataset_versions v join pg_policy p on p.polrelid = t.oid
      where t.relname ~ ('^v_' || replace(v.id::text, '-', '') || '_p[0-9]+$')
        and pg_get_expr(p.polqual, p.polrelid) = format('( SELECT app.may_read_dataset(%L::uuid) AS may_read_dataset)', v.dataset_id)
        and (select count(*) from pg_policy other where other.polrelid = t.oid) = 1)`,

  'the logins cannot reach past the policies': `
    select r.rolname as subject, problem from pg_roles r, lateral (values
      (r.rolsuper, 'is a superuser'),
      (r.rolbypassrls and r.rolname <> 'granary_worker', 'bypasses row level security'),
      (r.rolinherit and r.rolname like 'granary\\_%' and r.rolname <> 'granary_member', 'inherits the rights of granary_member'),
      (exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where c.relowner = r.oid and n.nspname = any ($1::text[])), 'owns tables')
    ) as found (is_so, problem)
    where r.rolname in ('anon', 'authenticated', 'granary_member', 'granary_api', 'granary_identity', 'granary_worker') and is_so`,
};
