-- Who did what. Nobody inserts, changes or deletes an event but app.audit, the worker included.
create table public.audit_events (
  tenant_id uuid references public.organizations (id) on delete cascade,
  id uuid primary key default app.uuidv7(),
  at timestamptz not null default clock_timestamp(),
  actor_kind text not null check (actor_kind in ('user', 'key', 'system')),
  actor_id uuid,
  key_id uuid,
  action text not null,
  outcome text not null default 'done' check (outcome in ('done', 'refused')),
  entity_type text not null,
  entity_id uuid,
  request_id text,
  address text,
  details jsonb not null default '{}'
);
create index audit_events_tenant on public.audit_events (tenant_id, id desc);

alter table public.audit_events enable row level security, force row level security;
create policy audit_events_read on public.audit_events for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
grant select on public.audit_events to authenticated;

-- The actor, the request and the organization come from the claims, never from an argument.
create function app.audit(action text, outcome text, entity_type text, entity_id uuid, details jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
begin
  insert into public.audit_events (tenant_id, actor_kind, actor_id, key_id, action, outcome, entity_type, entity_id, request_id, address, details)
  values ((claims ->> 'tenant_id')::uuid,
    case when claims ->> 'sub' is null then 'system' when claims ->> 'key_id' is null then 'user' else 'key' end,
    (claims ->> 'sub')::uuid, (claims ->> 'key_id')::uuid, audit.action, audit.outcome, audit.entity_type, audit.entity_id,
    claims ->> 'request_id', claims ->> 'address', audit.details);
end $$;
revoke all on function app.audit from public;
grant execute on function app.audit to granary_member, granary_worker;
