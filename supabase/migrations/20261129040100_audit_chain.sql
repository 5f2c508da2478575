-- The chain: each event of a tenant gets a number, in commit order, and bytes whose hash the next one names. A sealer of the
-- worker makes the bytes (RFC 8785), a batch at a time; these functions decide what comes next and that the bytes say what
-- the events say. So a worker that was taken over can stop the chain, and not write anything else into it.

create table public.audit_heads (
  tenant_id uuid primary key,
  -- of the last sealed event
  sequence bigint not null default 0,
  hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(hash) = 32),
  transaction bigint not null default -9223372036854775808,
  event_id uuid not null default '00000000-0000-0000-0000-000000000000',
  -- the oldest running transaction when it was sealed; in one cluster it never falls
  horizon bigint not null default 0,
  -- the sequence up to which events were removed, a checkpoint's
  anchor bigint not null default 0
);

create table public.audit_chain (
  tenant_id uuid not null,
  sequence bigint not null check (sequence > 0),
  event_id uuid not null,
  previous_hash bytea not null check (octet_length(previous_hash) = 32),
  -- {"event": …, "previous": hex, "sequence": n} in the canonical form of RFC 8785
  canonical bytea not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, sequence),
  unique (tenant_id, event_id)
);

alter table public.audit_heads enable row level security, force row level security;
alter table public.audit_chain enable row level security, force row level security;
create policy audit_heads_read on public.audit_heads for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
create policy audit_chain_read on public.audit_chain for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
grant select on public.audit_heads, public.audit_chain to authenticated;
create trigger audit_chain_stays before update or delete or truncate on public.audit_chain
  for each statement execute function app.refuse_audit_change();

-- What the chain says of an event.
create function app.audit_event_json(event public.audit_events) returns jsonb
  language plpgsql stable set search_path = '' as $$
begin
  return jsonb_build_object('id', event.id,
    'tenantId', nullif(event.tenant_id, '00000000-0000-0000-0000-000000000000'),
    'at', to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor', jsonb_build_object('kind', event.actor_kind, 'id', event.actor_id, 'keyId', event.key_id),
    'action', event.action, 'verb', event.verb, 'outcome', event.outcome,
    'entity', jsonb_build_object('type', event.entity_type, 'id', event.entity_id),
    'requestId', event.request_id, 'address', event.address, 'details', event.details);
end $$;

-- Whether bytes say this and nothing else. Details with numbers that no double holds stand there as their text.
create function app.audit_entry_says(bytes bytea, sequence bigint, previous bytea, event public.audit_events) returns boolean
  language plpgsql stable set search_path = '' as $$
declare
  said constant jsonb := convert_from(bytes, 'UTF8');
  expected jsonb := app.audit_event_json(event);
begin
  if jsonb_typeof(said #> '{event,details}') = 'string' then
    expected := jsonb_set(expected, '{details}', to_jsonb(event.details::text));
  end if;
  return said = jsonb_build_object('sequence', sequence, 'previous', encode(previous, 'hex'), 'event', expected);
end $$;

-- Events that were brought here from another cluster (a dump, a logical copy) have numbers that its transactions had, and
-- this one's begin again lower. They get numbers below all of this cluster's, in the order in which they were sealed.
create function app.renumber_audit() returns void language plpgsql volatile security definer set search_path = '' as $$
begin
  lock table public.audit_events in exclusive mode;
  lock table public.audit_heads in exclusive mode;
  perform set_config('granary.audit', 'maintained', true);
  update public.audit_events e set transaction = numbered.place
    from (
      select f.tenant_id, f.transaction, f.id,
        row_number() over (partition by f.tenant_id order by c.sequence nulls last, f.transaction, f.id)
          - count(*) over (partition by f.tenant_id) - 1 as place
      from public.audit_events f
      left join public.audit_chain c on c.tenant_id = f.tenant_id and c.event_id = f.id
      where c.sequence is not null or f.transaction < 0 or f.transaction >= app.audit_horizon()
    ) numbered
    where e.tenant_id = numbered.tenant_id and e.transaction = numbered.transaction and e.id = numbered.id;
  update public.audit_heads h set horizon = app.audit_horizon(), transaction = coalesce(
    (select e.transaction from public.audit_events e where e.tenant_id = h.tenant_id and e.id = h.event_id), h.transaction);
  perform set_config('granary.audit', '', true);
end $$;

-- The chains in which something can be sealed.
create function app.audit_waiting() returns setof uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query
    select known.id
    from (select o.id from public.organizations o
      union select '00000000-0000-0000-0000-000000000000'::uuid
      union select h.tenant_id from public.audit_heads h) known
    left join public.audit_heads h on h.tenant_id = known.id
    where h.horizon > app.audit_horizon() or exists (
      select from public.audit_events e
      where e.tenant_id = known.id and e.transaction < app.audit_horizon()
        and (e.transaction, e.id) > (coalesce(h.transaction, -9223372036854775808), coalesce(h.event_id, '00000000-0000-0000-0000-000000000000')));
end $$;

-- What is to be sealed next, in order; nothing while another worker is at it. Holds the chain until the transaction ends.
create function app.audit_batch(tenant uuid, most integer) returns table (sequence bigint, previous text, event text, details text)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  head public.audit_heads;
  oldest_running bigint;
  is_erased boolean;
begin
  -- erasing an organization takes its trail along (docs/adr/0023): it waits for this batch, and no head is made that would be left
  select o.erasing_since is not null into is_erased from public.organizations o where o.id = tenant for key share;
  if is_erased or not exists (select from public.audit_events e where e.tenant_id = tenant) then
    return;
  end if;
  insert into public.audit_heads (tenant_id) values (tenant) on conflict on constraint audit_heads_pkey do nothing;
  select * into head from public.audit_heads h where h.tenant_id = tenant for update skip locked;
  if head.tenant_id is null then
    return;
  end if;
  oldest_running := app.audit_horizon();
  if oldest_running < head.horizon then
    perform app.renumber_audit();
    select * into head from public.audit_heads h where h.tenant_id = tenant for update;
  end if;
  return query
    select head.sequence + row_number() over (order by e.transaction, e.id), encode(head.hash, 'hex'),
      app.audit_event_json(e.event)::text, e.details::text
    from (select f as event, f.details, f.transaction, f.id from public.audit_events f
      where f.tenant_id = tenant and f.transaction < oldest_running and (f.transaction, f.id) > (head.transaction, head.event_id)
      order by f.transaction, f.id limit most) e
    order by 1;
end $$;

-- Adds the next entries to a chain. GR409: they are not those, or do not say what the events say.
create function app.seal_audit(tenant uuid, entries bytea[]) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  head public.audit_heads;
  oldest_running bigint;
  sealed bigint;
  last record;
begin
  select * into head from public.audit_heads h where h.tenant_id = tenant for update;
  oldest_running := app.audit_horizon();
  with given as (
    select entry.place, entry.bytes, sha256(entry.bytes) as hash
    from unnest(entries) with ordinality as entry (bytes, place)
  ), linked as (
    select g.place, g.bytes, g.hash, coalesce(lag(g.hash) over (order by g.place), head.hash) as previous from given g
  ), next as (
    select f.event, row_number() over (order by f.transaction, f.id) as place
    from (select e as event, e.transaction, e.id from public.audit_events e
      where e.tenant_id = tenant and e.transaction < oldest_running and (e.transaction, e.id) > (head.transaction, head.event_id)
      order by e.transaction, e.id limit cardinality(entries)) f
  )
  insert into public.audit_chain (tenant_id, sequence, event_id, previous_hash, canonical, hash)
    select tenant, head.sequence + l.place, (n.event).id, l.previous, l.bytes, l.hash
    from linked l join next n on n.place = l.place
    where app.audit_entry_says(l.bytes, head.sequence + l.place, l.previous, n.event);
  get diagnostics sealed = row_count;
  if sealed <> cardinality(entries) then
    raise exception using errcode = 'GR409', message = 'these are not the next events of the chain';
  end if;
  select e.transaction, e.id into last from public.audit_events e
    where e.tenant_id = tenant and (e.transaction, e.id) > (head.transaction, head.event_id)
    order by e.transaction, e.id offset sealed - 1 limit 1;
  update public.audit_heads h set sequence = c.sequence, hash = c.hash, event_id = last.id, transaction = last.transaction,
      horizon = greatest(h.horizon, oldest_running)
    from public.audit_chain c
    where h.tenant_id = tenant and c.tenant_id = tenant and c.sequence = head.sequence + sealed;
end $$;

revoke all on function app.audit_event_json, app.audit_entry_says, app.renumber_audit, app.audit_waiting, app.audit_batch,
  app.seal_audit from public;
grant execute on function app.audit_waiting, app.audit_batch, app.seal_audit to granary_worker;
