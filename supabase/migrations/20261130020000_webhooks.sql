-- Webhooks: what happens in an organization, told to programs (docs/adr/0030). An endpoint receives what its owner would be shown,
-- and no more: it is no way to see a colleague's private dataset.
insert into public.permissions (name, description) values
  ('webhook:read', 'see the organization''s webhooks and what was delivered to them'),
  ('webhook:write', 'make, change, test and delete webhooks');

create or replace function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,organization:delete,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,todo:admin,notification:read,notification:write,webhook:read,webhook:write,audit:read,encryption:admin}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,notification:read,notification:write,webhook:read,webhook:write,audit:read,encryption:admin}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,todo:read,todo:write,notification:read,notification:write}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read,todo:read,notification:read,notification:write}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read,todo:read,notification:read,notification:write,webhook:read}')
$$;
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, unnest(b.permissions) from public.roles r join app.builtin_roles() b on b.name = r.name
  where r.is_builtin on conflict do nothing;

create table public.webhook_endpoints (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  -- made by the process that wraps the secret: it is part of what the wrapping authenticates
  id uuid not null,
  -- whose eyes it has
  owner_id uuid not null,
  url text not null check (url ~ '^https?://[^/?#@]+([/?#]|$)' and char_length(url) <= 2000),
  description text not null default '' check (char_length(description) <= 500),
  -- null: all
  types text[] check (cardinality(types) between 1 and 100),
  is_active boolean not null default true,
  disabled_at timestamptz,
  disabled_reason text check (disabled_reason in ('by_hand', 'failing', 'gone', 'owner_left')),
  -- the first failure after the last success
  failing_since timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id),
  check (is_active = (disabled_at is null) and is_active = (disabled_reason is null))
);
create unique index webhook_endpoints_id on public.webhook_endpoints (id);
create index webhook_endpoints_owner on public.webhook_endpoints (tenant_id, owner_id);

-- What deliveries are signed with. Wrapped by the master key; nobody reads it after the answer that made it.
create table public.webhook_secrets (
  tenant_id uuid not null,
  id uuid not null,
  endpoint_id uuid not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  -- of one that was replaced: until then both sign
  expires_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, endpoint_id) references public.webhook_endpoints (tenant_id, id) on delete cascade
);
create index webhook_secrets_endpoint on public.webhook_secrets (tenant_id, endpoint_id);
create unique index webhook_secrets_current on public.webhook_secrets (tenant_id, endpoint_id) where expires_at is null;

-- One event for one endpoint. Its id is what the receiver knows it by, however often it is sent.
create table public.webhook_deliveries (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  endpoint_id uuid not null,
  -- of the outbox, which forgets earlier
  event_id uuid not null,
  type text not null,
  -- the whole body, so that it is the same each time
  payload jsonb not null,
  -- whose eyes it was made for; who is somebody else sees it only where it is about nothing private
  owner_id uuid not null,
  is_private boolean not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed', 'cancelled')),
  -- since it was made, and since it was last put at the beginning
  attempts integer not null default 0,
  tries integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  -- of the attempt that is being made, and until when whoever makes it is believed to live
  lease_id uuid,
  leased_until timestamptz,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, endpoint_id, event_id),
  foreign key (tenant_id, endpoint_id) references public.webhook_endpoints (tenant_id, id) on delete cascade,
  check ((state = 'pending') = (ended_at is null)),
  check ((lease_id is null) = (leased_until is null))
);
create unique index webhook_deliveries_id on public.webhook_deliveries (id);
create index webhook_deliveries_waiting on public.webhook_deliveries (endpoint_id, next_attempt_at) where state = 'pending';
create index webhook_deliveries_leased on public.webhook_deliveries (tenant_id, endpoint_id) where leased_until is not null;
create index webhook_deliveries_page on public.webhook_deliveries (tenant_id, endpoint_id, id);
create index webhook_deliveries_ended on public.webhook_deliveries (ended_at) where ended_at is not null;

create table public.webhook_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  number integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  -- null: there was no answer, and `error` says why
  status integer,
  error text check (char_length(error) <= 500),
  -- the beginning of what was answered, without what looks like a secret
  answer text check (octet_length(answer) <= 4096),
  primary key (tenant_id, delivery_id, number),
  foreign key (tenant_id, delivery_id) references public.webhook_deliveries (tenant_id, id) on delete cascade
);

alter table public.webhook_endpoints enable row level security, force row level security;
create policy webhook_endpoints_read on public.webhook_endpoints for select to authenticated
  using (tenant_id = any ((select app.tenants_with('webhook:read'))::uuid[]));
alter table public.webhook_secrets enable row level security, force row level security;
create policy webhook_secrets_read on public.webhook_secrets for select to authenticated
  using (tenant_id = any ((select app.tenants_with('webhook:read'))::uuid[]));
alter table public.webhook_deliveries enable row level security, force row level security;
create policy webhook_deliveries_read on public.webhook_deliveries for select to authenticated
  using (tenant_id = any ((select app.tenants_with('webhook:read'))::uuid[])
    and (not is_private or owner_id = (select app.user_id())));
alter table public.webhook_attempts enable row level security, force row level security;
create policy webhook_attempts_read on public.webhook_attempts for select to authenticated
  using (tenant_id = any ((select app.tenants_with('webhook:read'))::uuid[])
    and exists (select from public.webhook_deliveries d where d.tenant_id = webhook_attempts.tenant_id and d.id = delivery_id));
grant select on public.webhook_endpoints, public.webhook_deliveries, public.webhook_attempts to authenticated;
grant select (tenant_id, id, endpoint_id, created_at, expires_at) on public.webhook_secrets to authenticated;
