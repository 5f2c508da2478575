-- What an organization's captures take in the object store counts among its plan's bytes: each body once, however often it was observed.
drop index public.captures_object;
create index captures_object on public.captures (owner_id, object_sha256) include (object_bytes);

create or replace function app.storage_used(tenant uuid) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select sum(bytes) from (
      select distinct on (original_sha256) original_bytes as bytes from public.dataset_versions where tenant_id = tenant
    ) originals), 0)
    + coalesce((select sum(bytes) from (
      select distinct on (c.object_sha256) c.object_bytes as bytes from public.captures c where c.owner_id = tenant
      order by c.object_sha256
    ) captures), 0)
    + coalesce((select sum(u.bytes) from public.uploads u where u.tenant_id = tenant and (
      (u.state = 'open' and u.expires_at > now())
      or (u.state = 'finished' and not exists (select from public.dataset_versions v
            where v.tenant_id = tenant and v.original_sha256 = u.sha256)))), 0);
end $$;

-- After the row: of those that come at once one waits for the other, and none is let in by both counting without the other.
create function app.count_capture() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from public.captures c
      where c.owner_id = new.owner_id and c.object_sha256 = new.object_sha256 and c.id <> new.id) then
    perform app.require_room(new.tenant_id, 'bytes', new.object_bytes, true);
  end if;
  return null;
end $$;
create trigger limit_captures after insert on public.captures for each row
  when (new.tenant_id is not null) execute function app.count_capture();
revoke all on function app.count_capture from public;
