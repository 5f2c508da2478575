-- As before; but what this cluster wrote itself keeps its numbers, also while an older transaction somewhere holds the horizon back.
-- What was brought here has numbers that no transaction here has come to. Whoever writes waits for the lock, so nothing is on its way.
create or replace function app.renumber_audit() returns void language plpgsql volatile security definer set search_path = '' as $$
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
      where c.sequence is not null or f.transaction < 0
        or f.transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ) numbered
    where e.tenant_id = numbered.tenant_id and e.transaction = numbered.transaction and e.id = numbered.id;
  update public.audit_heads h set horizon = app.audit_horizon(), transaction = coalesce(
    (select e.transaction from public.audit_events e where e.tenant_id = h.tenant_id and e.id = h.event_id), h.transaction);
  perform set_config('granary.audit', '', true);
end $$;
