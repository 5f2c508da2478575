-- What an organization asks of its trail: how long events are kept, and whether reads are recorded, all of them or those of
-- single datasets.

alter table public.organizations
  add column audit_reads boolean not null default false,
  add column audit_retention_days integer check (audit_retention_days between 30 and 36500);
alter table public.datasets add column audit_reads boolean not null default false;
create index datasets_audit_reads on public.datasets (tenant_id) where audit_reads;
grant update (audit_reads, audit_retention_days) on public.organizations to granary_member;

-- By who administers the dataset, and by who administers the organization where they read it.
create function app.set_audit_reads(dataset uuid, audited boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'read') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  perform from public.datasets d where d.id = dataset for update;
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR403', message = 'needs admin access to the dataset';
  end if;
  update public.datasets d set audit_reads = audited where d.id = dataset;
end $$;

-- Asked while a session is opened for reading, by the fast path, which writes nothing. GR490: this read is to be recorded,
-- so it takes the full session. `by_name`: the dataset is not known by its id; any one whose reads are recorded counts.
create function app.refuse_unrecorded(dataset uuid, by_name boolean) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  active constant uuid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'tenant_id';
begin
  if exists (select from public.organizations o where o.id = active and o.audit_reads)
    or exists (select from public.datasets d where d.tenant_id = active and d.audit_reads and (by_name or d.id = dataset)) then
    raise exception using errcode = 'GR490', message = 'this read is recorded';
  end if;
end $$;

-- As before; and rows whose reads are recorded are not read past the API (PostgREST, supabase-js), which records them.
create or replace function app.may_read_dataset(dataset uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';
  tenant uuid;
  owner uuid;
  audited boolean;
begin
  select d.tenant_id, d.owner_id, d.audit_reads into tenant, owner, audited from public.datasets d where d.id = dataset;
  if session_user not like 'granary\_%' and (audited or exists (select from public.organizations o where o.id = tenant and o.audit_reads)) then
    return false;
  end if;
  return tenant is not null and app.may('dataset:read', tenant)
    and (owner = me or app.reaches_dataset(me, tenant, dataset, owner, 'read'));
end $$;

-- Removes the events of one organization that are past its retention, up to a checkpoint, whose hash is what the rest of the
-- chain begins with; at most about `most` of them. What was removed is an event itself. Never younger than 30 days.
create function app.retain_audit(tenant uuid, default_days integer, most bigint) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  days constant integer := greatest(30, coalesce((select o.audit_retention_days from public.organizations o where o.id = tenant), default_days));
  head public.audit_heads;
  through bigint;
  removed bigint;
begin
  if coalesce((select o.audit_retention_days from public.organizations o where o.id = tenant), default_days) is null then
    return 0;
  end if;
  select * into head from public.audit_heads h where h.tenant_id = tenant for update skip locked;
  select coalesce(max(c.sequence) filter (where c.sequence <= head.anchor + most), min(c.sequence)) into through
    from public.audit_checkpoints c
    where c.tenant_id = tenant and c.sequence > head.anchor and c.made_at < now() - make_interval(days => days);
  if through is null then
    return 0;
  end if;
  perform set_config('granary.audit', 'maintained', true);
  delete from public.audit_events e using public.audit_chain c
    where c.tenant_id = tenant and c.sequence <= through and e.tenant_id = tenant and e.id = c.event_id
      and (e.transaction, e.id) <= (head.transaction, head.event_id);
  delete from public.audit_chain c where c.tenant_id = tenant and c.sequence <= through;
  get diagnostics removed = row_count;
  perform set_config('granary.audit', '', true);
  update public.audit_heads h set anchor = through where h.tenant_id = tenant;
  perform app.record_event(tenant, 'audit.retention', 'done', 'audit', null,
    jsonb_build_object('through', through, 'events', removed, 'days', days), 'DELETE');
  return removed;
end $$;

create function app.audit_chains() returns setof uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select h.tenant_id from public.audit_heads h order by 1;
end $$;

revoke all on function app.set_audit_reads, app.refuse_unrecorded, app.retain_audit, app.audit_chains from public;
grant execute on function app.set_audit_reads to granary_member;
grant execute on function app.refuse_unrecorded to granary_api, granary_worker;
grant execute on function app.retain_audit, app.audit_chains to granary_worker;
