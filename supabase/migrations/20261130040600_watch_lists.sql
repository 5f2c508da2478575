-- What members keep of plugins: lists that they watch, notes and tags. All of it is the organization's, seen by every member who
-- may read plugins, and by nobody else; who made a watch list is told when a plugin in it changes.

create table public.watch_lists (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  -- by how many per cent users have to differ from when one was told last
  users_percent numeric not null default 10 check (users_percent between 0.1 and 1000),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id)
);
create unique index watch_lists_name on public.watch_lists (tenant_id, lower(name));
create index watch_lists_creator on public.watch_lists (tenant_id, created_by);

-- No foreign key to plugins, which may be of no tenant: the command looks whether the caller sees one.
create table public.watch_list_plugins (
  tenant_id uuid not null,
  watch_list_id uuid not null,
  plugin_id uuid not null,
  -- users when it was added, or told of last
  users_then bigint,
  metric_then app.user_metric,
  added_at timestamptz not null default now(),
  primary key (tenant_id, watch_list_id, plugin_id),
  foreign key (tenant_id, watch_list_id) references public.watch_lists (tenant_id, id) on delete cascade
);
create index watch_list_plugins_plugin on public.watch_list_plugins (plugin_id, tenant_id);

create table public.plugin_notes (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  plugin_id uuid not null,
  body text not null check (btrim(body) <> '' and char_length(body) <= 10000),
  author_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, author_id) references public.memberships (tenant_id, user_id)
);
create index plugin_notes_plugin on public.plugin_notes (tenant_id, plugin_id, id);
create index plugin_notes_author on public.plugin_notes (tenant_id, author_id);

create table public.plugin_tags (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  plugin_id uuid not null,
  tag text not null check (btrim(tag) <> '' and char_length(tag) <= 100),
  primary key (tenant_id, plugin_id, tag)
);
create index plugin_tags_tag on public.plugin_tags (tenant_id, tag, plugin_id);

do $$
declare
  kept text;
begin
  foreach kept in array '{watch_lists,watch_list_plugins,plugin_notes,plugin_tags}'::text[] loop
    execute format('alter table public.%I enable row level security, force row level security', kept);
    execute format($f$create policy %I on public.%I for select to authenticated
      using (tenant_id = any ((select app.tenants_with('plugin:read'))::uuid[]))$f$, kept || '_read', kept);
    execute format('grant select on public.%I to authenticated', kept);
  end loop;
end $$;

-- The active organization, where the caller may write, with their membership held.
create function app.writing_on_plugins() returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  if app.may('plugin:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission plugin:write';
  end if;
  perform app.hold_member(tenant, app.user_id());
  return tenant;
end $$;

-- A plugin that the organization sees.
create function app.visible_plugin(tenant uuid, plugin uuid) returns public.plugins
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_plugin public.plugins;
begin
  select * into found_plugin from public.plugins p where p.id = plugin and (p.tenant_id is null or p.tenant_id = tenant);
  if found_plugin.id is null then
    raise exception using errcode = 'GR404', message = 'no such plugin';
  end if;
  return found_plugin;
end $$;

create function app.lock_watch_list(tenant uuid, list uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.watch_lists l where l.tenant_id = tenant and l.id = list for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such watch list';
  end if;
end $$;

create function app.create_watch_list(name text, users_percent numeric) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
  made uuid;
begin
  -- a thousand lists are a program gone wrong
  if (select count(*) from public.watch_lists l where l.tenant_id = tenant) >= 1000 then
    raise exception using errcode = 'GR429', message = 'an organization has 1000 watch lists at most';
  end if;
  insert into public.watch_lists (tenant_id, name, users_percent, created_by)
    values (tenant, create_watch_list.name, create_watch_list.users_percent, app.user_id())
    on conflict do nothing returning id into made;
  if made is null then
    raise exception using errcode = 'GR409', message = 'there is a watch list of that name already';
  end if;
  return made;
end $$;

create function app.delete_watch_list(list uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
begin
  perform app.lock_watch_list(tenant, list);
  delete from public.watch_lists l where l.tenant_id = tenant and l.id = list;
end $$;

create function app.watch_plugin(list uuid, plugin uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
  watched constant public.plugins := app.visible_plugin(tenant, plugin);
begin
  perform app.lock_watch_list(tenant, list);
  if (select count(*) from public.watch_list_plugins w where w.tenant_id = tenant and w.watch_list_id = list) >= 10000 then
    raise exception using errcode = 'GR429', message = 'a watch list has 10000 plugins at most';
  end if;
  insert into public.watch_list_plugins (tenant_id, watch_list_id, plugin_id, users_then, metric_then)
    values (tenant, list, plugin, watched.users, watched.metric) on conflict do nothing;
end $$;

create function app.unwatch_plugin(list uuid, plugin uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
begin
  perform app.lock_watch_list(tenant, list);
  delete from public.watch_list_plugins w where w.tenant_id = tenant and w.watch_list_id = list and w.plugin_id = plugin;
  if not found then
    raise exception using errcode = 'GR404', message = 'it is not in the watch list';
  end if;
end $$;

create function app.note_plugin(plugin uuid, body text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
  made uuid;
begin
  perform app.visible_plugin(tenant, plugin);
  insert into public.plugin_notes (tenant_id, plugin_id, body, author_id)
    values (tenant, plugin, note_plugin.body, app.user_id()) returning id into made;
  return made;
end $$;

create function app.delete_plugin_note(note uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
begin
  delete from public.plugin_notes n where n.tenant_id = tenant and n.id = note and n.author_id = app.user_id();
  if not found then
    raise exception using errcode = 'GR404', message = 'no such note of yours';
  end if;
end $$;

create function app.tag_plugin(plugin uuid, tags text[]) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.writing_on_plugins();
begin
  perform app.visible_plugin(tenant, plugin);
  delete from public.plugin_tags t where t.tenant_id = tenant and t.plugin_id = plugin and t.tag <> all (tags);
  insert into public.plugin_tags (tenant_id, plugin_id, tag) select tenant, plugin, t from unnest(tags) t on conflict do nothing;
end $$;
revoke all on function app.writing_on_plugins, app.visible_plugin, app.lock_watch_list, app.create_watch_list, app.delete_watch_list,
  app.watch_plugin, app.unwatch_plugin, app.note_plugin, app.delete_plugin_note, app.tag_plugin from public;
grant execute on function app.create_watch_list, app.delete_watch_list, app.watch_plugin, app.unwatch_plugin, app.note_plugin,
  app.delete_plugin_note, app.tag_plugin to granary_member;
