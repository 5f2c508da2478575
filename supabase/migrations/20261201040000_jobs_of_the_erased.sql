-- As before; and of jobs that the system queued (what is to be indexed, summarized, looked at) none is left either: they name the
-- organization in their input. Asked for once, because the queue is not sorted by organizations.
create or replace function app.finish_erasure(tenant uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  due public.organizations;
begin
  if app.erase_organization_step(tenant, 1000) is distinct from 'nothing left' then
    return false;
  end if;
  delete from jobs.job j where j.data -> 'input' ->> 'tenantId' = tenant::text;
  delete from public.organizations o where o.id = tenant returning * into strict due;
  perform app.record_event(null, 'organization.erased', 'done', 'organization', tenant,
    jsonb_build_object('createdAt', due.created_at, 'closedAt', due.closed_at), 'DELETE');
  return true;
end $$;
