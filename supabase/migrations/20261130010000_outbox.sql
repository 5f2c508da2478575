-- What happened, written down in the transaction in which it happened, and told to people and programs afterwards
-- (docs/adr/0028). A change that was rolled back leaves no event; one that was committed has its event, whatever dies then.

-- The same words for everybody. What each is, in packages/domain/src/notifications/events.ts; a test compares.
create table public.event_types (
  name text primary key check (name ~ '^[a-z_]+\.[a-z_]+$'),
  -- what a person gets who has chosen nothing
  default_inbox boolean not null,
  default_mail text not null check (default_mail in ('off', 'immediate', 'daily', 'weekly')),
  -- concerns somebody's safety: the inbox cannot be switched off
  is_required boolean not null default false,
  -- nobody is told of what they did themselves, but for what came of long work, and what a thief would do in their name
  tells_actor boolean not null default false
);
insert into public.event_types (name, default_inbox, default_mail, is_required, tells_actor) values
  ('dataset.loaded', true, 'off', false, true),
  ('dataset.load_failed', true, 'immediate', false, true),
  ('dataset.rows_quarantined', true, 'daily', false, true),
  ('dataset.shared', true, 'immediate', false, false),
  ('dataset.identifiers_destroyed', true, 'immediate', true, false),
  ('export.ready', true, 'off', false, true),
  ('export.failed', true, 'off', false, true),
  ('todo.assigned', true, 'immediate', false, false),
  ('todo.completed', true, 'daily', false, false),
  ('todo.due', true, 'immediate', false, true),
  ('member.joined', true, 'daily', false, false),
  ('member.roles_changed', true, 'immediate', true, false),
  ('member.removed', false, 'immediate', false, false),
  ('api_key.created', true, 'immediate', true, true),
  ('api_key.expiring', true, 'immediate', false, true),
  ('plan.limit_reached', true, 'immediate', false, true),
  ('plan.changed', true, 'immediate', false, false),
  ('organization.closing', false, 'off', false, false),
  ('webhook.disabled', true, 'immediate', true, true);

create table public.outbox_events (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  type text not null references public.event_types (name),
  -- null: the installation, or who runs it
  actor_id uuid,
  subject_type text not null check (subject_type ~ '^[a-z_]+$'),
  subject_id text not null,
  -- ids, counts, and words of ours: what things and people are called is looked up by whoever may see it
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object' and octet_length(data::text) <= 8192),
  -- of events that are to happen once: what the second one would be the same by
  once text,
  created_at timestamptz not null default now(),
  -- the next attempt to hand it on, after attempts that failed
  due_at timestamptz not null default now(),
  attempts integer not null default 0,
  dispatched_at timestamptz,
  -- no foreign key to organizations: whoever changes something would wait for whoever holds its organization, and that one
  -- for them
  primary key (tenant_id, id)
);
create unique index outbox_events_id on public.outbox_events (id);
create unique index outbox_events_once on public.outbox_events (tenant_id, type, once) where once is not null;
create index outbox_events_type on public.outbox_events (type);
create index outbox_events_waiting on public.outbox_events (tenant_id, due_at, id) where dispatched_at is null;
create index outbox_events_dispatched on public.outbox_events (dispatched_at) where dispatched_at is not null;

alter table public.event_types enable row level security, force row level security;
create policy event_types_read on public.event_types for select to authenticated using (true);
grant select on public.event_types to authenticated;
-- Nobody reads it, administrators neither: it names private datasets of everybody. It is granted to no role, and who has no
-- organization, as the worker, is given nothing by this policy.
alter table public.outbox_events enable row level security, force row level security;
create policy outbox_events_nobody on public.outbox_events for select to granary_worker
  using (tenant_id = any ((select app.tenants_with('organization:read'))::uuid[]));

-- Joins the caller's transaction. Granted to nobody: what may change a thing emits what happened to it, so that no role can
-- tell people of something that did not happen. With `once`, null where there is such an event already. `actor`: who it
-- is where nobody is signed in.
create function app.emit_event(tenant uuid, type text, subject_type text, subject_id text, data jsonb, once text default null,
    actor uuid default null) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  event uuid;
begin
  -- an organization that is being erased tells nobody anything any more
  if not exists (select from public.organizations o where o.id = tenant and o.erasing_since is null) then
    return null;
  end if;
  insert into public.outbox_events (tenant_id, type, actor_id, subject_type, subject_id, data, once)
    values (tenant, emit_event.type, coalesce(app.user_id(), actor), emit_event.subject_type, emit_event.subject_id,
      jsonb_strip_nulls(emit_event.data), emit_event.once)
    on conflict do nothing
    returning id into event;
  return event;
end $$;

-- Hands one event on, once: every function app.fan_out_to_…(event uuid) is called, in the order of their names, so that a
-- migration adds a receiver without rewriting the others. Whatever they write is there with dispatched_at, or not at all.
create function app.fan_out_event(event uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  receiver name;
begin
  perform from public.outbox_events e where e.id = event and e.dispatched_at is null for update;
  if not found then
    return;
  end if;
  for receiver in
    select p.proname from pg_catalog.pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proname like 'fan\_out\_to\_%' order by p.proname
  loop
    execute format('select app.%I($1)', receiver) using event;
  end loop;
  update public.outbox_events e set dispatched_at = now() where e.id = event;
end $$;

-- The worker's: hands on at most so many events that are due, of one organization, and answers which, with what went wrong for
-- those that have to be tried again. An organization is one worker's at a time, so that its events are handed on in their
-- order and nobody waits for anybody; one that dies has taken none. There is nothing to wake up, and so no wake-up that could be
-- lost: workers ask, by an index that holds only what is waiting.
create function app.dispatch_events(most integer) returns table (event_id uuid, type text, problem text)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
  event public.outbox_events;
begin
  for tenant in
    select e.tenant_id from public.outbox_events e where e.dispatched_at is null and e.due_at <= now()
    group by e.tenant_id order by min(e.due_at)
  loop
    exit when pg_try_advisory_xact_lock(hashtextextended('outbox:' || tenant, 0));
    tenant := null;
  end loop;
  for event in
    select * from public.outbox_events e where e.tenant_id = tenant and e.dispatched_at is null and e.due_at <= now()
    order by e.due_at, e.id limit most for update skip locked
  loop
    event_id := event.id;
    type := event.type;
    problem := null;
    begin
      perform app.fan_out_event(event.id);
    exception when others then -- one that cannot be handed on does not hold up the others
      problem := format('%s: %s', sqlstate, sqlerrm);
      update public.outbox_events e
        set attempts = e.attempts + 1, due_at = now() + least(interval '1 hour', interval '5 seconds' * 2 ^ least(e.attempts, 12))
        where e.id = event.id;
    end;
    return next;
  end loop;
end $$;

revoke all on function app.emit_event, app.fan_out_event, app.dispatch_events from public;
grant execute on function app.dispatch_events to granary_worker;
