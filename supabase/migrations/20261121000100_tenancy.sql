-- Who there is: people, organizations (the tenants), memberships, roles as rows, API keys.

-- One table for people who registered here and for subjects of Supabase Auth; no foreign key to auth.users,
-- because a plain Postgres has none and a hosted one is not ours.
create table public.users (
  id uuid primary key default app.uuidv7(),
  email text not null check (email = btrim(email) and email like '%_@_%'),
  username text check (username <> ''),
  name text not null default '',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email_key on public.users (lower(email));
create unique index users_username_key on public.users (lower(username));

create table public.organizations (
  id uuid primary key default app.uuidv7(),
  name text not null check (btrim(name) <> ''),
  storage_quota_bytes bigint not null default 1099511627776 check (storage_quota_bytes >= 0),
  created_at timestamptz not null default now()
);

create table public.memberships (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references public.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);
create index memberships_user on public.memberships (user_id);

create table public.permissions (
  name text primary key check (name ~ '^[a-z_]+:[a-z_]+$'),
  description text not null
);

create table public.roles (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  name text not null check (btrim(name) <> ''),
  is_builtin boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table public.role_permissions (
  tenant_id uuid not null,
  role_id uuid not null,
  permission text not null references public.permissions (name),
  primary key (tenant_id, role_id, permission),
  foreign key (tenant_id, role_id) references public.roles (tenant_id, id) on delete cascade
);
create index role_permissions_permission on public.role_permissions (permission);

create table public.user_roles (
  tenant_id uuid not null,
  user_id uuid not null,
  role_id uuid not null,
  primary key (user_id, tenant_id, role_id),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade,
  foreign key (tenant_id, role_id) references public.roles (tenant_id, id) on delete cascade
);
create index user_roles_role on public.user_roles (tenant_id, role_id);
create index user_roles_member on public.user_roles (tenant_id, user_id);

-- The secret is 256 random bits, so a plain SHA-256 of it is enough (nothing to guess, nothing to stretch).
create table public.api_keys (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  user_id uuid not null,
  name text not null check (btrim(name) <> ''),
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  scopes text[] not null check (cardinality(scopes) > 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade
);
-- a key is looked up by its id alone, before its tenant is known
create unique index api_keys_id on public.api_keys (id);
create index api_keys_user on public.api_keys (tenant_id, user_id);

insert into public.permissions (name, description) values
  ('organization:read', 'see the organization'),
  ('organization:write', 'rename the organization'),
  ('member:read', 'see members and roles'),
  ('key:read', 'see one''s own API keys'),
  ('key:write', 'make and revoke one''s own API keys'),
  ('dataset:read', 'read datasets that one owns or that are shared'),
  ('dataset:write', 'create datasets; load into those one owns or that are shared for writing'),
  ('dataset:admin', 'share and delete datasets that one owns or that are shared for administration'),
  ('audit:read', 'read the audit trail of the organization');
