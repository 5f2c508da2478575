-- Facts about plugins are for every member of every organization; lists, notes and tags about them are for those who write.
insert into public.permissions (name, description) values
  ('plugin:read', 'read what is known of plugins, and the organization''s lists, notes and tags'),
  ('plugin:write', 'make watch lists, notes and tags');

-- Added to what the built-in roles hold by now, so that it does not matter which migration came before.
do $$
begin
  execute format($f$
    create or replace function app.builtin_roles() returns table (name text, permissions text[])
      language sql immutable set search_path = '' as 'values %s'
  $f$, (
    select replace(string_agg(format('(%L::text, %L::text[])', b.name, b.permissions || case
        when b.name in ('owner', 'admin', 'editor') then '{plugin:read,plugin:write}'::text[]
        else '{plugin:read}' end), ', ' order by b.place), '''', '''''')
    from app.builtin_roles() with ordinality b (name, permissions, place)));
end $$;
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, unnest(b.permissions) from public.roles r join app.builtin_roles() b on b.name = r.name
  where r.is_builtin on conflict do nothing;
