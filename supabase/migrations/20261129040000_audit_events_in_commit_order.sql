-- Events in an order that they are sealed by later, without their writers waiting for one another (docs/adr/0025).
--
-- `transaction` is the transaction that wrote the event. Whoever takes events whose transaction is older than every running
-- one (pg_snapshot_xmin) has all of them: none with a smaller number can still appear, as it could by id or time. Numbers
-- below zero are of another cluster (app.renumber_audit) or from before this migration.
--
-- Events of no organization (sign-ins, operators, the system) have the tenant 00000000-0000-0000-0000-000000000000. There is
-- no foreign key: sixteen writers do not share a lock on their organization's row.

alter table public.audit_events drop constraint audit_events_tenant_id_fkey;
alter table public.audit_events drop constraint audit_events_pkey;
drop index public.audit_events_tenant;

-- CREATE, READ, UPDATE, DELETE, or a name of its own: LOG_IN, EXPORT, RESTORE
alter table public.audit_events add column verb text check (verb ~ '^[A-Z][A-Z_]*$');
alter table public.audit_events add column transaction bigint;

-- Of an operation that does not say it.
create function app.verb_of(action text) returns text language plpgsql immutable set search_path = '' as $$
begin
  return case
    when action ~ '\.(delete|remove|revoke|retention|abort|destroy)' then 'DELETE'
    when action ~ '\.(create|insert|register|invite|begin)' then 'CREATE'
    when action ~ '\.(export|original)' then 'EXPORT'
    when action = 'session.logIn' then 'LOG_IN'
    else 'UPDATE' end;
end $$;

update public.audit_events e set tenant_id = coalesce(e.tenant_id, '00000000-0000-0000-0000-000000000000'),
    verb = app.verb_of(e.action), transaction = numbered.place
  from (select id, row_number() over (order by id) - count(*) over () - 1 as place from public.audit_events) numbered
  where numbered.id = e.id;

alter table public.audit_events alter column tenant_id set not null, alter column verb set not null,
  alter column transaction set default pg_current_xact_id()::text::bigint, alter column transaction set not null;
alter table public.audit_events add primary key (tenant_id, transaction, id);
create index audit_events_entity on public.audit_events (tenant_id, entity_id, transaction, id) where entity_id is not null;

-- The oldest transaction that ran when the snapshot was taken that this is asked in: what is older had ended. Stable, so that
-- within a query it is the snapshot of that query and never a younger one.
create function app.audit_horizon() returns bigint language plpgsql stable set search_path = '' as $$
begin
  return pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
end $$;

drop function app.record_event(uuid, text, text, text, uuid, jsonb);
create function app.record_event(tenant uuid, action text, outcome text, entity_type text, entity_id uuid, details jsonb,
    verb text default null, actor uuid default null) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  who constant uuid := coalesce((claims ->> 'sub')::uuid, actor);
  by_operator constant boolean := who is null and claims ->> 'operator' is not null and app.is_owners_connection();
begin
  insert into public.audit_events (tenant_id, actor_kind, actor_id, key_id, action, verb, outcome, entity_type, entity_id, request_id, address, details)
  values (coalesce(tenant, '00000000-0000-0000-0000-000000000000'),
    case when by_operator then 'operator' when who is null then 'system' when claims ->> 'key_id' is null then 'user' else 'key' end,
    who, (claims ->> 'key_id')::uuid, record_event.action, coalesce(record_event.verb, app.verb_of(record_event.action)),
    record_event.outcome, record_event.entity_type, record_event.entity_id, claims ->> 'request_id', claims ->> 'address',
    case when by_operator then record_event.details || jsonb_build_object('operator', claims ->> 'operator') else record_event.details end);
end $$;

-- The actor, the request and the organization come from the claims, never from an argument.
drop function app.audit(text, text, text, uuid, jsonb);
create function app.audit(action text, outcome text, entity_type text, entity_id uuid, details jsonb, verb text default null) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_event((nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id')::uuid,
    audit.action, audit.outcome, audit.entity_type, audit.entity_id, audit.details, audit.verb);
end $$;

-- Who proves who they are by this very action is known at its end only: the identity login says whom it let in. Whoever is
-- signed in already is the actor, whatever it says.
create function app.audit_person(action text, outcome text, entity_type text, entity_id uuid, details jsonb, verb text, person uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_event((nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id')::uuid,
    audit_person.action, audit_person.outcome, audit_person.entity_type, audit_person.entity_id, audit_person.details,
    audit_person.verb, person);
end $$;

revoke all on function app.verb_of, app.audit_horizon, app.record_event, app.audit, app.audit_person from public;
grant execute on function app.audit_horizon to authenticated;
grant execute on function app.audit to granary_member, granary_worker, granary_identity;
grant execute on function app.audit_person to granary_identity;

-- Whoever owns the tables can take triggers away; what they changed then, the chain tells. This is against slips.
create function app.refuse_audit_change() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_setting('granary.audit', true) is distinct from 'maintained' then
    raise exception using errcode = 'GR403', message = format('%s is only ever added to', tg_table_name);
  end if;
  return null;
end $$;
revoke all on function app.refuse_audit_change from public;
create trigger audit_events_stay before update or delete or truncate on public.audit_events
  for each statement execute function app.refuse_audit_change();
