-- While the current version is loaded again with pseudonyms, nothing is written to it: what was would be gone with it.

-- As in 20261126030000, and for a version that is being replaced by its pseudonymised one.
create or replace function app.thaw(head public.dataset_versions) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  -- what is copied inside the command: about a second's work
  most_cells constant bigint := 2000000;
  cells bigint;
  copy uuid;
begin
  if app.is_being_copied(head) then
    raise exception using errcode = 'GR412', message = 'the current version is being copied; try again when that is done',
      detail = jsonb_build_object('reason', 'copying')::text;
  end if;
  if not app.version_is_frozen(head.id) then
    return head.id;
  end if;
  select head.row_count * count(*) into cells from public.dataset_columns c
    where c.tenant_id = head.tenant_id and c.version_id = head.id;
  if cells > most_cells then
    raise exception using errcode = 'GR412',
      message = 'the current version is kept as it is and is large: call datasets.copyVersion, and change the copy',
      detail = jsonb_build_object('reason', 'frozen', 'version', head.number, 'cells', cells, 'limit', most_cells)::text;
  end if;
  copy := app.begin_copy(head, app.user_id());
  perform app.fill_copy(copy);
  update public.datasets d set current_version_id = copy, updated_at = now()
    where d.tenant_id = head.tenant_id and d.id = head.dataset_id;
  return copy;
end $$;

-- Whether a job makes the version that takes this one's place from what is in this one.
create function app.is_being_copied(head public.dataset_versions) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select from public.dataset_versions v
    where v.tenant_id = head.tenant_id and v.dataset_id = head.dataset_id and v.state = 'loading' and head.id in (v.copied_from, v.migrated_from));
end $$;

revoke all on function app.is_being_copied from public;
