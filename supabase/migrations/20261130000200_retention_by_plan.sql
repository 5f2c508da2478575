-- How many days of its trail an organization may keep is its plan's. It may choose fewer, never more.
insert into public.entitlements (name, kind) values ('audit_days', 'limit');
insert into public.plan_entitlements (plan, entitlement, value)
  values ('free', 'audit_days', 90), ('team', 'audit_days', 400), ('business', 'audit_days', 3660), ('unlimited', 'audit_days', null);

create function app.limit_audit_days() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most constant bigint := app.entitlement_of(new.id, 'audit_days');
begin
  if new.audit_retention_days > most then
    raise exception using errcode = 'GR429',
      message = format('the plan of the organization keeps audit events for %s days at most', most),
      detail = jsonb_build_object('entitlement', 'audit_days', 'plan', new.plan, 'limit', most, 'used', old.audit_retention_days,
        'requested', new.audit_retention_days)::text;
  end if;
  return null;
end $$;
create trigger limit_audit_days after update of audit_retention_days on public.organizations for each row
  when (new.audit_retention_days is distinct from old.audit_retention_days) execute function app.limit_audit_days();

-- As before, and no longer than the plan says. The installation's own chain has none.
create or replace function app.retain_audit(tenant uuid, default_days integer, most bigint) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  chosen integer := default_days;
  days bigint;
  head public.audit_heads;
  through bigint;
  removed bigint;
begin
  if exists (select from public.organizations o where o.id = tenant) then
    chosen := coalesce((select o.audit_retention_days from public.organizations o where o.id = tenant), default_days);
    days := app.entitlement_of(tenant, 'audit_days');
  end if;
  days := least(chosen, days); -- of what is not null
  if days is null then
    return 0;
  end if;
  days := greatest(30, days);
  select * into head from public.audit_heads h where h.tenant_id = tenant for update skip locked;
  select coalesce(max(c.sequence) filter (where c.sequence <= head.anchor + most), min(c.sequence)) into through
    from public.audit_checkpoints c
    where c.tenant_id = tenant and c.sequence > head.anchor and c.made_at < now() - make_interval(days => days::integer);
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
revoke all on function app.limit_audit_days from public;
