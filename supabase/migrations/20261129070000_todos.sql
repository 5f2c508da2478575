-- What somebody has to do. A to-do is between its owner, who wrote it, and its assignee; beside the two only who has todo:admin
-- sees it: colleagues, administrators among them, do not.
insert into public.permissions (name, description) values
  ('todo:read', 'see to-dos that one owns or is assigned'),
  ('todo:write', 'make to-dos; change those that one owns or is assigned'),
  ('todo:admin', 'see and change everybody''s to-dos');

create or replace function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,organization:delete,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,todo:admin,audit:read,encryption:admin}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,audit:read,encryption:admin}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read,todo:read}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read,todo:read}')
$$;
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, unnest(b.permissions) from public.roles r join app.builtin_roles() b on b.name = r.name
  where r.is_builtin on conflict do nothing;

create table public.todos (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  owner_id uuid not null,
  assignee_id uuid,
  title text not null check (btrim(title) <> '' and char_length(title) <= 200),
  notes text not null default '' check (char_length(notes) <= 10000),
  due_on date,
  -- what it is about; no foreign key, because it outlives the thing, as an audit event does
  entity_type text check (entity_type in ('dataset')),
  entity_id uuid,
  completed_at timestamptz,
  completed_by uuid,
  -- counts changes: who changes one says which they saw
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, assignee_id) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, completed_by) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id) references public.organizations (id) on delete cascade,
  check ((entity_type is null) = (entity_id is null)),
  check ((completed_at is null) = (completed_by is null))
);
create index todos_owner on public.todos (tenant_id, owner_id, id);
create index todos_assignee on public.todos (tenant_id, assignee_id, id);
create index todos_completer on public.todos (tenant_id, completed_by);
create index todos_entity on public.todos (tenant_id, entity_id, id);

-- read by policy; written by the commands alone, so that there is no policy for writing, and no grant
alter table public.todos enable row level security, force row level security;
create policy todos_read on public.todos for select to authenticated
  using (tenant_id = any ((select app.tenants_with('todo:read'))::uuid[])
    and (owner_id = (select app.user_id()) or assignee_id = (select app.user_id())
      or tenant_id = any ((select app.tenants_with('todo:admin'))::uuid[])));
grant select on public.todos to authenticated;
