-- What a plain PostgreSQL (15 or later) lacks so that migrations written for Supabase run on it unchanged.
-- Never applied to Supabase, and never part of supabase/migrations. Idempotent.
-- Run as a superuser, or as the owner with CREATEROLE, BYPASSRLS and ownership of the database. The setting
-- granary.owner names the role that will run the migrations: on Supabase that is `postgres`, and no superuser.

-- 1. Roles belong to the cluster: another database may have created them already.
do $$
declare
  wanted record;
  owner name := current_setting('granary.owner');
  superuser boolean := (select rolsuper from pg_roles where rolname = current_user);
begin
  for wanted in
    select * from (values
      ('anon',           'nologin inherit'),
      ('authenticated',  'nologin inherit'),
      ('service_role',   'nologin inherit bypassrls'),
      ('authenticator',  'nologin noinherit'),
      -- before PostgreSQL 16 the migrations, which no superuser runs, could not create one with BYPASSRLS
      ('granary_worker', 'nologin noinherit bypassrls')
    ) as roles (name, attributes)
  loop
    begin
      if not exists (select from pg_roles where rolname = wanted.name) then
        execute format('create role %I %s', wanted.name, wanted.attributes);
      end if;
    exception when duplicate_object or unique_violation then null; -- another database was faster
    end;
  end loop;
  for wanted in select unnest(array['anon', 'authenticated', 'service_role']) as name loop
    if not pg_has_role('authenticator', wanted.name, 'member') then
      execute format('grant %I to authenticator', wanted.name);
    end if;
  end loop;
  if superuser and owner <> current_user then
    -- since PostgreSQL 16 createrole alone does not let the owner grant what others created: we, or another database
    for wanted in
      select rolname as name from pg_roles where rolname in ('anon', 'authenticated', 'service_role',
        'granary_member', 'granary_api', 'granary_identity', 'granary_worker')
    loop
      if not pg_has_role(owner, wanted.name, 'member with admin option') then
        execute format('grant %I to %I with admin option', wanted.name, owner);
      end if;
    end loop;
    execute format('grant pg_read_all_data, pg_signal_backend, pg_monitor to %I', owner);
    execute format('alter database %I owner to %I', current_database(), owner);
  end if;

  -- 2. Schemas. Newer Supabase projects expose nothing by default: every grant is a line in a migration.
  execute format('alter schema public owner to %I', owner);
  revoke all on schema public from public;
  execute format('grant all on schema public to %I', owner);
  grant usage on schema public to anon, authenticated, service_role;
  execute format('create schema if not exists extensions authorization %I', owner);
  grant usage on schema extensions to anon, authenticated, service_role;
  execute format('alter database %I set search_path = "$user", public, extensions', current_database());
  if superuser and exists (select from pg_available_extensions where name = 'pg_stat_statements') then
    create extension if not exists pg_stat_statements with schema extensions; -- not a trusted one
  end if;
  if exists (select from pg_available_extensions where name = 'pgcrypto') then
    create extension if not exists pgcrypto with schema extensions;
  end if;

  -- 3. auth: the table and the functions that migrations and policies may refer to.
  create schema if not exists auth;
  execute format('grant usage on schema auth to anon, authenticated, service_role, %I', owner);
end $$;
set search_path = "$user", public, extensions;

create table if not exists auth.users (
  id uuid primary key,
  email text unique,
  raw_user_meta_data jsonb not null default '{}',
  created_at timestamptz not null default now()
);
do $$
begin
  execute format('grant all on auth.users to service_role, %I', current_setting('granary.owner'));
end $$;

-- nullif: after a transaction-local set_config ends, the setting is '' and no longer absent
create or replace function auth.jwt() returns jsonb language sql stable as
  $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create or replace function auth.uid() returns uuid language sql stable as
  $$ select nullif(auth.jwt() ->> 'sub', '')::uuid $$;
create or replace function auth.role() returns text language sql stable as
  $$ select auth.jwt() ->> 'role' $$;

-- 4. Realtime: an empty publication that migrations may add their tables to.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    if (select rolsuper from pg_roles where rolname = current_user) then
      execute format('alter publication supabase_realtime owner to %I', current_setting('granary.owner'));
    end if;
  end if;
end $$;
