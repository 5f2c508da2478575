-- Envelope encryption, and datasets whose direct identifiers are replaced by pseudonyms.
--
-- A master key, which only the processes have, wraps the keys of a tenant (pseudonym) and of its datasets; a dataset's key
-- wraps the key of each file that is sealed. What stands here opens nothing without the master key, and no role of a tenant
-- reads the wrapped bytes: they leave through the functions below, to whom these let in.

insert into public.permissions (name, description) values
  ('encryption:admin', 'see, rotate and destroy the organization''s encryption keys');

create or replace function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read,encryption:admin}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read,encryption:admin}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read}')
$$;
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, 'encryption:admin' from public.roles r where r.is_builtin and r.name in ('owner', 'admin');

create table public.encryption_keys (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  -- made by the process that wraps the key: it is part of what the wrapping authenticates
  id uuid not null,
  purpose text not null check (purpose in ('pseudonym', 'dataset')),
  dataset_id uuid,
  version integer not null check (version > 0),
  -- null once it was destroyed
  wrapped bytea,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  destroyed_at timestamptz,
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, purpose, dataset_id, version),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  check ((purpose = 'dataset') = (dataset_id is not null)),
  check ((wrapped is null) = (destroyed_at is not null)),
  check (destroyed_at is null or retired_at is not null)
);
create unique index encryption_keys_id on public.encryption_keys (id);
create unique index encryption_keys_active on public.encryption_keys (tenant_id, purpose, dataset_id)
  nulls not distinct where retired_at is null;
create index encryption_keys_dataset on public.encryption_keys (tenant_id, dataset_id);

-- A file whose bytes are stored encrypted, with the key of its own that they are encrypted by. Without this row nobody can
-- read the file: deleting it is deleting the file.
create table public.sealed_files (
  tenant_id uuid not null,
  id uuid not null,
  dataset_id uuid not null,
  key_id uuid not null,
  wrapped bytea not null,
  -- of the bytes as they are stored, once all have arrived
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, dataset_id, id),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, key_id) references public.encryption_keys (tenant_id, id)
);
create unique index sealed_files_id on public.sealed_files (id);
create index sealed_files_key on public.sealed_files (tenant_id, key_id);
create index sealed_files_sha256 on public.sealed_files (tenant_id, sha256);

alter table public.datasets
  -- columns whose values never reach a table: names as in the file's header, or the legal ones made of them
  add column identifiers text[] not null default '{}';
alter table public.uploads
  add column sealed_file_id uuid,
  add foreign key (tenant_id, sealed_file_id) references public.sealed_files (tenant_id, id) on delete cascade;
create index uploads_sealed_file on public.uploads (tenant_id, sealed_file_id);
alter table public.dataset_versions
  add column sealed_file_id uuid,
  -- what its load replaces, and by which key it did
  add column identifiers text[] not null default '{}',
  add column pseudonym_key_id uuid,
  add foreign key (tenant_id, dataset_id, sealed_file_id) references public.sealed_files (tenant_id, dataset_id, id),
  add foreign key (tenant_id, pseudonym_key_id) references public.encryption_keys (tenant_id, id),
  add check (identifiers = '{}' or original_sha256 is null or sealed_file_id is not null);
create index dataset_versions_sealed_file on public.dataset_versions (tenant_id, dataset_id, sealed_file_id);
create index dataset_versions_pseudonym_key on public.dataset_versions (tenant_id, pseudonym_key_id);

alter table public.encryption_keys enable row level security, force row level security;
alter table public.sealed_files enable row level security, force row level security;
-- a dataset's key tells that there is the dataset: it is seen by whoever administers the dataset, and nobody else
create policy encryption_keys_of_tenant on public.encryption_keys for select to authenticated
  using (dataset_id is null and tenant_id = any ((select app.tenants_with('encryption:admin'))::uuid[]));
create policy encryption_keys_of_dataset on public.encryption_keys for select to authenticated
  using (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));
create policy sealed_files_read on public.sealed_files for select to authenticated
  using (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));
grant select (tenant_id, id, purpose, dataset_id, version, created_at, retired_at, destroyed_at) on public.encryption_keys to authenticated;
grant select (tenant_id, id, dataset_id, key_id, sha256, created_at) on public.sealed_files to authenticated;
grant select on public.encryption_keys, public.sealed_files to granary_worker;
grant update (pseudonym_key_id) on public.dataset_versions to granary_worker;
grant insert (identifiers) on public.datasets to granary_member;

-- The first key of a purpose, unless there is one. A key that was destroyed is not replaced without anybody's word.
create function app.ensure_encryption_key(dataset uuid, purpose text, key uuid, wrapped bytea) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
  scope constant uuid := case when purpose = 'dataset' then dataset end;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  select d.tenant_id into tenant from public.datasets d where d.id = dataset for update;
  if not exists (select from public.encryption_keys k where k.tenant_id = tenant
      and k.purpose = ensure_encryption_key.purpose and k.dataset_id is not distinct from scope) then
    insert into public.encryption_keys (tenant_id, id, purpose, dataset_id, version, wrapped)
      values (tenant, key, ensure_encryption_key.purpose, scope, 1, ensure_encryption_key.wrapped)
      on conflict do nothing; -- somebody else's transaction was first
  end if;
  if not exists (select from public.encryption_keys k where k.tenant_id = tenant and k.retired_at is null
      and k.purpose = ensure_encryption_key.purpose and k.dataset_id is not distinct from scope) then
    raise exception using errcode = 'GR412',
      message = format('the %s key was destroyed; encryption.rotate makes a new one', ensure_encryption_key.purpose);
  end if;
end $$;

-- A new key for what comes; what was made with the former one stays readable by it. `dataset` null: the pseudonym key.
create function app.rotate_encryption_key(tenant uuid, dataset uuid, key uuid, wrapped bytea) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  kind constant text := case when dataset is null then 'pseudonym' else 'dataset' end;
  next_version integer;
begin
  if not app.may('encryption:admin', tenant) then
    raise exception using errcode = 'GR403', message = 'needs the permission encryption:admin';
  end if;
  if dataset is not null then
    if not app.may_access_dataset(dataset, 'admin') then
      raise exception using errcode = 'GR404', message = 'no such dataset';
    end if;
    perform from public.datasets d where d.tenant_id = tenant and d.id = dataset for update;
  else
    perform from public.organizations o where o.id = tenant for update;
  end if;
  update public.encryption_keys k set retired_at = now()
    where k.tenant_id = tenant and k.purpose = kind and k.dataset_id is not distinct from dataset and k.retired_at is null;
  select coalesce(max(k.version), 0) + 1 into next_version from public.encryption_keys k
    where k.tenant_id = tenant and k.purpose = kind and k.dataset_id is not distinct from dataset;
  insert into public.encryption_keys (tenant_id, id, purpose, dataset_id, version, wrapped)
    values (tenant, key, kind, dataset, next_version, rotate_encryption_key.wrapped);
  return next_version;
end $$;

-- For ever: what it sealed can be read by nobody, what it pseudonymised can be linked to nothing new.
create function app.destroy_encryption_key(key uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_key public.encryption_keys;
begin
  select k.* into found_key from public.encryption_keys k where k.id = key for update;
  if found_key.id is null or not app.may('encryption:admin', found_key.tenant_id)
    or (found_key.dataset_id is not null and not app.may_access_dataset(found_key.dataset_id, 'admin')) then
    raise exception using errcode = 'GR404', message = 'no such encryption key';
  end if;
  update public.encryption_keys k
    set wrapped = null, destroyed_at = coalesce(k.destroyed_at, now()), retired_at = coalesce(k.retired_at, now())
    where k.id = key;
end $$;

-- The key that a new file of the dataset is sealed under.
create function app.key_for_sealing(dataset uuid) returns table (key_id uuid, key_wrapped bytea)
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  return query select k.id, k.wrapped from public.encryption_keys k join public.datasets d on d.tenant_id = k.tenant_id
    where d.id = dataset and k.purpose = 'dataset' and k.dataset_id = dataset and k.retired_at is null;
end $$;

-- Makes the caller's open upload, of which nothing has arrived yet, one whose bytes are encrypted as they come.
create function app.seal_upload(upload uuid, dataset uuid, sealed_file uuid, key uuid, wrapped bytea) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  select d.tenant_id into tenant from public.datasets d where d.id = dataset for update;
  insert into public.sealed_files (tenant_id, id, dataset_id, key_id, wrapped)
    select tenant, sealed_file, dataset, k.id, seal_upload.wrapped from public.encryption_keys k
    where k.tenant_id = tenant and k.id = key and k.dataset_id = dataset and k.retired_at is null;
  if not found then
    raise exception using errcode = 'GR409', message = 'the key of the dataset was rotated meanwhile; try again';
  end if;
  update public.uploads u set sealed_file_id = sealed_file
    where u.tenant_id = tenant and u.id = upload and u.user_id = app.user_id() and u.state = 'open' and u.sealed_file_id is null;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such upload';
  end if;
end $$;

-- What the bytes of the caller's own open upload are encrypted with.
create function app.keys_of_upload(upload uuid)
  returns table (file_id uuid, file_wrapped bytea, key_id uuid, key_wrapped bytea)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select f.id, f.wrapped, k.id, k.wrapped
    from public.uploads u
    join public.sealed_files f on f.tenant_id = u.tenant_id and f.id = u.sealed_file_id
    join public.encryption_keys k on k.tenant_id = f.tenant_id and k.id = f.key_id
    where u.id = upload and u.user_id = app.user_id() and u.state = 'open' and u.tenant_id = any (app.tenants_with('dataset:write'));
end $$;

-- What a sealed file of the dataset, and the quarantine of its loads, is read with: by whoever administers the dataset,
-- because it holds what was declared as identifying people. Nobody else gets a row.
create function app.keys_of_sealed_files(dataset uuid)
  returns table (file_id uuid, file_wrapped bytea, key_id uuid, key_wrapped bytea)
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'admin') then
    return;
  end if;
  return query select f.id, f.wrapped, k.id, k.wrapped
    from public.sealed_files f join public.encryption_keys k on k.tenant_id = f.tenant_id and k.id = f.key_id
    where f.dataset_id = dataset;
end $$;

-- The stored bytes of a sealed file are found by their digest, as every original is.
create function app.note_sealed_digest() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.sealed_files f set sha256 = new.sha256 where f.tenant_id = new.tenant_id and f.id = new.sealed_file_id;
  return new;
end $$;
create trigger note_sealed_digest after update of sha256 on public.uploads
  for each row when (new.sealed_file_id is not null and new.sha256 is not null) execute function app.note_sealed_digest();

-- Whatever makes a version: a dataset with identifiers takes no original that is not sealed for it, and a sealed one
-- serves no other dataset. What the version's load must replace is settled here.
create function app.require_sealed_original() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  declared text[];
  sealed public.sealed_files;
begin
  if new.copied_from is not null then
    -- a copy holds what the version that it was made from holds, whatever was declared since
    select v.identifiers, v.pseudonym_key_id, v.sealed_file_id into new.identifiers, new.pseudonym_key_id, new.sealed_file_id
      from public.dataset_versions v where v.tenant_id = new.tenant_id and v.id = new.copied_from;
    return new;
  end if;
  select d.identifiers into declared from public.datasets d where d.tenant_id = new.tenant_id and d.id = new.dataset_id;
  select f.* into sealed from public.sealed_files f where f.tenant_id = new.tenant_id and f.sha256 = new.original_sha256;
  if sealed.dataset_id <> new.dataset_id then
    raise exception using errcode = 'GR412', message = 'the file was sealed for another dataset';
  end if;
  if declared <> '{}' and new.original_sha256 is not null and sealed.id is null then
    raise exception using errcode = 'GR412',
      message = 'the dataset has direct identifiers: its files must be sealed from the first byte; begin the upload with its datasetId';
  end if;
  if new.original_sha256 is not null then
    new.identifiers := declared;
    new.sealed_file_id := sealed.id;
  end if;
  return new;
end $$;
create trigger require_sealed_original before insert on public.dataset_versions
  for each row execute function app.require_sealed_original();

revoke all on function app.ensure_encryption_key, app.rotate_encryption_key, app.destroy_encryption_key, app.key_for_sealing,
  app.seal_upload, app.keys_of_upload, app.keys_of_sealed_files, app.note_sealed_digest, app.require_sealed_original from public;
grant execute on function app.ensure_encryption_key, app.rotate_encryption_key, app.destroy_encryption_key, app.key_for_sealing,
  app.seal_upload, app.keys_of_upload, app.keys_of_sealed_files to granary_member;
