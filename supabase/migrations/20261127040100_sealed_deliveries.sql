-- Deliveries to datasets whose direct identifiers are replaced: pseudonyms go beside pseudonyms of the same key, and nothing
-- else does.

-- Before the rows of a delivery go into a version. SQLSTATE GR409 where the pseudonyms were made under another key than those
-- that are there (another version became current while the file was read): it is to be read again. GR412 where one holds
-- values as they stand in the files, and the other pseudonyms.
create function app.require_same_pseudonyms(delivery public.dataset_versions, head public.dataset_versions) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  pair record;
begin
  if not head.identifiers @> (select d.identifiers from public.datasets d where d.id = head.dataset_id) then
    raise exception using errcode = 'GR412',
      message = 'the rows that are there hold values of declared identifiers, which are not replaced yet; load the file again when that is done',
      detail = jsonb_build_object('reason', 'identifiers')::text;
  end if;
  for pair in
    select h.name, h.position, c.evidence -> 'pseudonym' as brought, h.evidence -> 'pseudonym' as held,
      h.name = any (head.identifiers) or h.original_name = any (head.identifiers) as is_declared
    from public.dataset_columns h
    join public.dataset_columns c on c.tenant_id = h.tenant_id and c.version_id = delivery.id and c.name = h.name
    where h.tenant_id = head.tenant_id and h.version_id = head.id and (c.evidence ? 'pseudonym' or h.evidence ? 'pseudonym')
    order by h.position
  loop
    if pair.held is null and pair.is_declared then
      -- declared before there were rows: nothing but a load may put a value into it, and this is the first
      update public.dataset_columns h set evidence = h.evidence || jsonb_build_object('pseudonym', pair.brought)
        where h.tenant_id = head.tenant_id and h.version_id = head.id and h.position = pair.position;
      update public.dataset_versions v set pseudonym_key_id = delivery.pseudonym_key_id where v.id = head.id;
    elsif pair.held is null or pair.brought is null then
      raise exception using errcode = 'GR412',
        message = format('%s holds values as they stand in the files, which are not replaced yet; load the file again when that is done', to_jsonb(pair.name)),
        detail = jsonb_build_object('reason', 'identifiers', 'column', pair.name)::text;
    elsif pair.held -> 'keyId' <> pair.brought -> 'keyId' then
      raise exception using errcode = 'GR409', message = 'the pseudonyms of the dataset were made under another key',
        detail = jsonb_build_object('column', pair.name)::text;
    end if;
  end loop;
end $$;

-- As in 20261126040000, with the columns that the dataset is to get, and pseudonyms.
create or replace function app.merge_version(version uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery public.dataset_versions;
  current_version public.dataset_versions;
  head uuid;
  change_set integer;
  missing text;
  chunk record;
begin
  select v.* into delivery from public.dataset_versions v
    where v.id = version and v.state = 'loading' and v.mode <> 'replace' and v.created_by = app.user_id();
  if delivery.id is null or not app.may_access_dataset(delivery.dataset_id, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  current_version := app.lock_head(delivery.dataset_id);
  head := current_version.id;
  if app.is_being_copied(current_version) then
    perform app.thaw(current_version); -- refuses: the delivery waits
  elsif delivery.new_columns = 'add' and exists (select from app.columns_to_add(version, head)) then
    head := app.widen_head(current_version, version);
  elsif app.version_is_frozen(head) then
    -- of any size: nobody waits for this command but its job
    head := app.begin_copy(current_version, app.user_id());
    perform app.fill_copy(head);
    update public.datasets d set current_version_id = head where d.id = delivery.dataset_id;
  end if;
  select v.* into current_version from public.dataset_versions v where v.id = head;
  select k.name into missing from unnest(delivery.key_columns) as k (name)
    where (select count(*) from public.dataset_columns c where c.version_id in (version, head) and c.name = k.name) < 2
    limit 1;
  if missing is not null then
    raise exception using errcode = 'GR400', message = format('file and dataset do not both have the key column %s', quote_ident(missing)),
      detail = jsonb_build_object('column', missing)::text;
  end if;
  perform app.check_fit(version, head);
  perform app.require_same_pseudonyms(delivery, current_version);
  change_set := app.absorb_rows(version, head, delivery.mode, delivery.key_columns, version);
  for chunk in select distinct c.chunk as number from public.dataset_columns c where c.version_id = version loop
    execute format('drop table data.%I', app.data_table_name(version, chunk.number));
  end loop;
  update public.dataset_versions v set state = 'merged', merged_into = head, merged_change_set = change_set, published_at = now()
    where v.id = version;
  return head;
end $$;

-- As in 20261126070200; a table that was made without rows, and got none, holds nothing that would have to be replaced.
create or replace function app.declare_identifiers(dataset uuid, names text[]) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  before text[];
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  if names = '{}' then
    raise exception using errcode = 'GR400', message = 'name at least one column';
  end if;
  select d.identifiers into before from public.datasets d where d.id = dataset for update;
  if exists (select from public.dataset_versions v
      where v.dataset_id = dataset and v.state <> 'failed' and not names @> v.identifiers) then
    raise exception using errcode = 'GR412', message = 'identifiers of a dataset with rows can be added, not taken back',
      detail = jsonb_build_object('identifiers', before)::text;
  end if;
  update public.datasets d set identifiers = names, updated_at = now() where d.id = dataset;
  update public.dataset_versions v set identifiers = names
    where v.dataset_id = dataset and v.state = 'ready' and v.original_sha256 is null and v.copied_from is null
      and v.row_count = 0 and v.change_count = 0;
  perform app.require_migratable(dataset);
  return exists (select from app.versions_with_identifiers(dataset));
end $$;

revoke all on function app.require_same_pseudonyms from public;
