-- 'No original': once a version is loaded, what it was loaded from is given up, if that was asked for.

-- Returns the digest of the stored bytes that nothing refers to any more, for the worker to delete; null where there is
-- nothing to do, or others may still refer to the same bytes (a file that is not sealed is left to the collection of
-- unreferenced originals). The key of a sealed file goes here, in the same transaction: from then on its bytes are noise.
create function app.forget_original(tenant uuid, version uuid) returns text
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_version public.dataset_versions;
begin
  -- whoever makes a version of the same file locks the dataset first
  perform from public.datasets d join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where v.tenant_id = tenant and v.id = version for update of d;
  select v.* into found_version from public.dataset_versions v
    where v.tenant_id = tenant and v.id = version and v.state in ('ready', 'merged') and v.original_sha256 is not null and v.options ->> 'keepOriginal' = 'false';
  if found_version.id is null then
    return null;
  end if;
  update public.dataset_versions v set original_sha256 = null, sealed_file_id = null where v.tenant_id = tenant and v.id = version;
  if found_version.sealed_file_id is null or exists (select from public.dataset_versions v
      where v.tenant_id = found_version.tenant_id and v.sealed_file_id = found_version.sealed_file_id) then
    return null;
  end if;
  update public.uploads u set state = 'aborted', sha256 = null, sealed_file_id = null
    where u.tenant_id = found_version.tenant_id and u.sealed_file_id = found_version.sealed_file_id;
  delete from public.sealed_files f where f.tenant_id = found_version.tenant_id and f.id = found_version.sealed_file_id;
  return found_version.original_sha256;
end $$;
revoke all on function app.forget_original from public;
grant execute on function app.forget_original to granary_worker;
