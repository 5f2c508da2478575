-- What lies in the object store, so that a file that nothing refers to can be removed and one that something refers to
-- never is, whoever does what at the same time:
--
-- * Whoever is about to put an object claims it first (app.claim_object): its row is there before its bytes are, and is
--   spared for the grace period from then on.
-- * Whatever refers to an object has a foreign key to its row. Making the reference locks the row; the collector passes
--   over rows that are locked, and the foreign key refuses to let a row go that is referred to.
-- * The collector takes the row away first and writes down that the object is doomed (one transaction), then removes the
--   object and the note while it holds the note's lock (another one). Whoever claims the object meanwhile waits for that
--   lock, and afterwards puts it anew. A crash between the two leaves the note, which the next run goes on with.
-- * A claim is one incarnation of the row. One that took so long that the object was collected meanwhile does not fit any
--   more, also when somebody else has claimed the same digest since.

-- No foreign key to the organization: the objects outlive it until they are removed.
create table public.stored_objects (
  tenant_id uuid not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes >= 0),
  incarnation uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  -- since when nothing is known to refer to it; null while something does
  unreferenced_since timestamptz default now(),
  primary key (tenant_id, sha256)
);
create index stored_objects_unreferenced on public.stored_objects (unreferenced_since);

-- Objects that are to be removed from the store, or were, by a collector that could not say so any more.
create table public.doomed_objects (
  tenant_id uuid not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes >= 0),
  doomed_at timestamptz not null default now(),
  primary key (tenant_id, sha256)
);

alter table public.stored_objects enable row level security, force row level security;
alter table public.doomed_objects enable row level security, force row level security;
-- digests tell what a colleague has: for those who see them in the audit anyway
create policy stored_objects_read on public.stored_objects for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
create policy doomed_objects_read on public.doomed_objects for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
grant select on public.stored_objects, public.doomed_objects to authenticated, granary_worker;
-- the worker locks a note while it removes the object
grant update (doomed_at), delete on public.doomed_objects to granary_worker;

insert into public.stored_objects (tenant_id, sha256, bytes, unreferenced_since)
  select tenant_id, sha256, max(bytes), null from (
    select tenant_id, original_sha256 as sha256, original_bytes as bytes from public.dataset_versions where original_sha256 is not null
    union all
    select tenant_id, sha256, bytes from public.uploads where sha256 is not null
    union all
    select tenant_id, sha256, coalesce(bytes, 0) from public.dataset_exports where sha256 is not null
  ) known group by tenant_id, sha256;

alter table public.dataset_versions add foreign key (tenant_id, original_sha256) references public.stored_objects (tenant_id, sha256);
create index uploads_object on public.uploads (tenant_id, sha256);
alter table public.uploads add foreign key (tenant_id, sha256) references public.stored_objects (tenant_id, sha256);
alter table public.dataset_exports add foreign key (tenant_id, sha256) references public.stored_objects (tenant_id, sha256);

-- Whether something refers to the object. Whatever can refer to one has a foreign key to stored_objects and a line here.
create function app.object_is_referenced(tenant uuid, sha256 text) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select from public.dataset_versions v
      where v.tenant_id = tenant and v.original_sha256 = object_is_referenced.sha256)
    or exists (select from public.uploads u where u.tenant_id = tenant and u.sha256 = object_is_referenced.sha256)
    or exists (select from public.dataset_exports e where e.tenant_id = tenant and e.sha256 = object_is_referenced.sha256);
end $$;

-- Before an object is put: makes its row, or spares it for another grace period. Waits while it is being removed. What is
-- returned is handed in with the reference that is made once the bytes are in the store.
create function app.claim_object(tenant uuid, sha256 text, bytes bigint) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claim uuid;
begin
  if not tenant = any (app.tenants_with('dataset:read')) then
    raise exception using errcode = 'GR403', message = 'needs the permission dataset:read';
  end if;
  insert into public.stored_objects (tenant_id, sha256, bytes) values (tenant, claim_object.sha256, claim_object.bytes)
    on conflict on constraint stored_objects_pkey do update set unreferenced_since = now()
    returning incarnation into claim;
  -- after the row, which is how a collector that dooms it right now is seen
  delete from public.doomed_objects d where d.tenant_id = tenant and d.sha256 = claim_object.sha256;
  return claim;
end $$;

-- Before a reference is made by a claim: keeps the object until the end of the transaction, in which the reference is made.
-- GR409: putting it took longer than the grace period, and it was collected meanwhile.
create function app.hold_object(tenant uuid, sha256 text, claim uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.stored_objects o
    where o.tenant_id = tenant and o.sha256 = hold_object.sha256 and o.incarnation = claim for key share;
  if not found then
    raise exception using errcode = 'GR409', message = 'the file was removed meanwhile, send it again';
  end if;
end $$;

-- The API received every byte and put them into the store under this digest, which it had claimed.
-- GR409: app.hold_object.
drop function app.finish_upload(uuid, text);
create function app.finish_upload(upload uuid, sha256 text, claim uuid default null) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mine public.uploads;
  claimed uuid := claim;
begin
  select u.* into mine from public.uploads u
    where u.id = upload and u.user_id = app.user_id() and u.tenant_id = any (app.tenants_with('dataset:write')) for update;
  if mine.state = 'finished' and mine.sha256 = finish_upload.sha256 then
    return;
  end if;
  if mine.id is null or mine.state <> 'open' or mine.expires_at <= now() then
    raise exception using errcode = 'GR404', message = 'no such upload, or it is not open any more';
  end if;
  if claimed is null then
    claimed := app.claim_object(mine.tenant_id, finish_upload.sha256, mine.bytes);
  end if;
  perform app.hold_object(mine.tenant_id, finish_upload.sha256, claimed);
  update public.uploads u set state = 'finished', sha256 = finish_upload.sha256, finished_at = now() where u.id = upload;
end $$;

-- As before, and with the upload's row locked, so that it does not expire while a version is made of it.
create or replace function app.create_version(dataset uuid, upload uuid, options jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
  source public.uploads;
  version uuid;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  -- locked, so that version numbers have no gaps and no doubles
  select d.tenant_id into tenant from public.datasets d where d.id = dataset for update;
  select u.* into source from public.uploads u
    where u.id = upload and u.tenant_id = tenant and u.user_id = app.user_id() and u.state = 'finished' for share;
  if source.id is null then
    raise exception using errcode = 'GR404', message = 'no such finished upload';
  end if;
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, options, created_by)
    select tenant, dataset, coalesce(max(v.number), 0) + 1, source.sha256, source.bytes, source.file_name, create_version.options, app.user_id()
    from public.dataset_versions v where v.tenant_id = tenant and v.dataset_id = dataset
    returning id into version;
  insert into public.dataset_loads (tenant_id, dataset_id, version_id, bytes_total) values (tenant, dataset, version, source.bytes);
  return version;
end $$;

-- As before, and the object is doomed in the same transaction: the worker removes it right away, and where it cannot, the
-- next collection does. One that something else refers to is left to that.
create or replace function app.forget_original(tenant uuid, version uuid) returns text
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
  if not app.doom_object(found_version.tenant_id, found_version.original_sha256) then
    return null;
  end if;
  return found_version.original_sha256;
end $$;

-- Takes the object's row away and notes that its bytes are to go, unless something refers to it.
create function app.doom_object(tenant uuid, sha256 text) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  doomed public.stored_objects;
begin
  select o.* into doomed from public.stored_objects o
    where o.tenant_id = tenant and o.sha256 = doom_object.sha256 for update;
  -- asked now that nobody can make a reference
  if doomed.sha256 is null or app.object_is_referenced(tenant, doomed.sha256) then
    return false;
  end if;
  delete from public.stored_objects o where o.tenant_id = tenant and o.sha256 = doomed.sha256;
  insert into public.doomed_objects (tenant_id, sha256, bytes) values (tenant, doomed.sha256, doomed.bytes);
  return true;
exception when foreign_key_violation then
  return false; -- something that object_is_referenced does not know refers to it
end $$;

-- A finished upload that nobody made a version of in time, or that was made one of long ago: it refers to its bytes no more.
create function app.expire_finished_uploads(grace interval) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  expired bigint;
begin
  update public.uploads set state = 'expired', sha256 = null where state = 'finished' and finished_at <= now() - grace;
  get diagnostics expired = row_count;
  return expired;
end $$;

-- Objects that the store has and that have no row: [{"tenantId", "sha256", "bytes", "modifiedAt"}]. They get one, as if they
-- had been claimed when they were put, and are collected like any other.
create function app.adopt_objects(listed jsonb) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  adopted bigint;
begin
  insert into public.stored_objects (tenant_id, sha256, bytes, unreferenced_since)
    select o."tenantId", o.sha256, o.bytes, least(o."modifiedAt", now())
    from jsonb_to_recordset(listed) as o ("tenantId" uuid, sha256 text, bytes bigint, "modifiedAt" timestamptz)
    where not exists (select from public.doomed_objects d where d.tenant_id = o."tenantId" and d.sha256 = o.sha256)
    on conflict on constraint stored_objects_pkey do nothing;
  get diagnostics adopted = row_count;
  return adopted;
end $$;

-- Notes since when each object has been referred to by nothing, and dooms those that it has been for longer than `grace`.
create function app.doom_objects(grace interval) returns setof public.doomed_objects
  language plpgsql volatile security definer set search_path = '' as $$
declare
  candidate public.stored_objects;
begin
  perform pg_advisory_xact_lock(hashtextextended('app.doom_objects', 0)); -- one at a time
  update public.stored_objects o set unreferenced_since = case when o.unreferenced_since is null then now() end
    where (o.unreferenced_since is null) <> app.object_is_referenced(o.tenant_id, o.sha256);
  for candidate in
    select * from public.stored_objects o where o.unreferenced_since <= now() - grace for update skip locked
  loop
    if app.doom_object(candidate.tenant_id, candidate.sha256) then
      return query select d.* from public.doomed_objects d where d.tenant_id = candidate.tenant_id and d.sha256 = candidate.sha256;
    end if;
  end loop;
end $$;

revoke all on function app.object_is_referenced, app.claim_object, app.hold_object, app.finish_upload, app.doom_object,
  app.expire_finished_uploads, app.adopt_objects, app.doom_objects from public;
grant execute on function app.claim_object, app.finish_upload to granary_member;
grant execute on function app.hold_object, app.expire_finished_uploads, app.adopt_objects, app.doom_objects to granary_worker;
