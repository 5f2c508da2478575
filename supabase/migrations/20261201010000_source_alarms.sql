-- Fields of a source that used to be read and are not any more, or from a worse place. While it runs, a run keeps what it finds with its
-- counts; when it has ended, that is an alarm, until a run reads the field again or somebody says that they know. From then on the field
-- is judged by what later runs read: a page that has lost it for good must not ring for ever, nor be held back for ever.
create table public.source_alarms (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  source_id uuid not null,
  -- that raised it
  run_id uuid not null,
  field text not null check (char_length(field) <= 100),
  kind text not null check (kind in ('lost', 'degraded')),
  -- shares of pages, of the runs before and of the newest one
  before double precision not null,
  now double precision not null,
  raised_at timestamptz not null default now(),
  -- a run read it again, or somebody acknowledged it
  ended_at timestamptz,
  acknowledged_at timestamptz,
  -- null: an operator at the command line
  acknowledged_by uuid,
  foreign key (owner_id, source_id) references public.sources (owner_id, id) on delete cascade,
  foreign key (owner_id, source_id, run_id) references public.source_runs (owner_id, source_id, id) on delete cascade,
  foreign key (tenant_id, acknowledged_by) references public.memberships (tenant_id, user_id),
  check (acknowledged_at is null or ended_at is not null)
);
create unique index source_alarms_open on public.source_alarms (source_id, field, kind) where ended_at is null;
create index source_alarms_source on public.source_alarms (owner_id, source_id, run_id);
create index source_alarms_acknowledged on public.source_alarms (source_id, acknowledged_at) where acknowledged_at is not null;
create index source_alarms_acknowledger on public.source_alarms (tenant_id, acknowledged_by);

alter table public.source_alarms enable row level security, force row level security;
create policy source_alarms_read on public.source_alarms for select to authenticated
  using (tenant_id = any ((select app.tenants_with('source:read'))::uuid[]));
grant select on public.source_alarms to authenticated, granary_worker;

insert into public.event_types (name, default_inbox, default_mail, is_required, tells_actor) values
  ('source.field_alarm', true, 'immediate', false, true);

-- who could do something about it
create function app.concerned_by_source(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.members_with(event.tenant_id, 'source:write');
end $$;

create function app.hears_of_source(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.may_as(acting, 'source:read', event.tenant_id, null);
end $$;

-- In the transaction that ends a run. An alarm that is on already stays one, and is told of once.
create function app.note_source_alarms() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  fewest constant integer := 5; -- pages that say something, as in packages/marketplaces/src/field-health.ts
  raised text[];
begin
  update public.source_alarms a set ended_at = now()
    where a.source_id = new.source_id and a.ended_at is null
      and coalesce((new.field_health -> a.field ->> 'pages')::bigint, 0) >= fewest
      and not exists (select from jsonb_to_recordset(new.alarms) as n (field text, kind text)
        where n.field = a.field and n.kind = a.kind);
  with noted as (
    insert into public.source_alarms (tenant_id, source_id, run_id, field, kind, before, now)
      select new.tenant_id, new.source_id, new.id, left(n.field, 100), n.kind, n.before, n.now
      from jsonb_to_recordset(new.alarms) as n (field text, kind text, before double precision, now double precision)
      on conflict (source_id, field, kind) where ended_at is null do update set now = excluded.now
      returning field, kind, xmax = 0 as is_new)
  select array_agg(n.field order by n.field) filter (where n.is_new) into raised from noted n;
  if new.tenant_id is not null and raised is not null then
    perform app.emit_event(new.tenant_id, 'source.field_alarm', 'source', new.source_id::text, jsonb_build_object(
      'source', (select left(s.name, 200) from public.sources s where s.id = new.source_id),
      'runId', new.id, 'fields', raised, 'requestedBy', new.requested_by), new.id::text);
  end if;
  return null;
end $$;
create trigger note_alarms after update of state on public.source_runs for each row
  when (old.state = 'running' and new.state in ('succeeded', 'failed') and new.trigger in ('schedule', 'manual', 'import'))
  execute function app.note_source_alarms();

-- Says that somebody knows. Whoever was faster has said it: GR412. SQLSTATE GR404.
create function app.acknowledge_alarm(source uuid, alarm uuid) returns public.source_alarms
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.sources := app.lock_source(source, null);
  known public.source_alarms;
begin
  update public.source_alarms a set ended_at = now(), acknowledged_at = now(), acknowledged_by = app.user_id()
    where a.source_id = target.id and a.id = alarm and a.ended_at is null returning * into known;
  if known.id is null then
    if exists (select from public.source_alarms a where a.source_id = target.id and a.id = alarm) then
      raise exception using errcode = 'GR412', message = 'the alarm is over already';
    end if;
    raise exception using errcode = 'GR404', message = 'no such alarm';
  end if;
  return known;
end $$;

revoke all on function app.concerned_by_source, app.hears_of_source, app.note_source_alarms, app.acknowledge_alarm from public;
grant execute on function app.acknowledge_alarm to granary_member;
