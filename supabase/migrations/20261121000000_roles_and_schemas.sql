-- The roles and schemas that everything else refers to.
--
-- authenticated   the role of PostgREST and supabase-js: reads through policies, writes nothing
-- granary_member  what a request becomes: authenticated, plus writing by policy and calling app.* commands
-- granary_api, granary_identity, granary_worker
--                 logins of the deployables; `granary db roles` gives them LOGIN and a password
--
-- Roles belong to the cluster, not to the database: another database may have made them already.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('granary_member', 'nologin inherit'),
      -- noinherit: the login itself can do nothing until it becomes granary_member for one transaction
      ('granary_api', 'nologin noinherit'),
      ('granary_identity', 'nologin noinherit'),
      -- bypassrls: COPY is refused to roles under row level security, and the worker fills fresh tables by COPY
      ('granary_worker', 'nologin noinherit bypassrls')
    ) as roles (name, attributes)
  loop
    continue when exists (select from pg_roles where rolname = wanted.name);
    begin
      execute format('create role %I %s', wanted.name, wanted.attributes);
    exception
      when duplicate_object or unique_violation then null; -- made by another database's migration just now
      when insufficient_privilege then
        -- PostgreSQL 15 leaves bypassrls to superusers; the worker's preflight asks for it until it is granted
        raise warning 'ask a superuser to: alter role % %', wanted.name, wanted.attributes;
        execute format('create role %I nologin noinherit', wanted.name);
    end;
  end loop;
end $$;

grant authenticated to granary_member;
grant granary_member to granary_api, granary_worker;

create schema if not exists extensions;
create schema app;
create schema data;
create schema identity;
create schema staging;

comment on schema app is 'Functions that policies call, and commands that change what no role may change directly.';
comment on schema data is 'One table (or chunk tables) per dataset version, made by app.create_data_table.';
comment on schema identity is 'Credentials; only the identity login of the API.';
comment on schema staging is 'Landing tables of running loads; only the worker.';

grant usage on schema public to authenticated, granary_identity, granary_worker;
grant usage on schema app, data to authenticated, granary_worker;
-- app: the login opens a session before it becomes granary_member
grant usage on schema app to granary_api, granary_identity;
grant usage, create on schema staging to granary_worker;

-- Older Supabase projects grant every new table and function in public to anon and authenticated.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

-- UUIDv7 (RFC 9562, section 5.7): ids sort by the time they were made. PostgreSQL 18 has it built in.
create function app.uuidv7() returns uuid language sql volatile set search_path = '' as $$
  select pg_catalog.encode(pg_catalog.set_bit(pg_catalog.set_bit(
    overlay(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) placing
      substring(pg_catalog.int8send((extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;
revoke all on function app.uuidv7 from public;
grant execute on function app.uuidv7 to authenticated, granary_worker, granary_identity;
