-- A resumable upload: belongs to a user, reserves quota while it is open, expires, is consumed by a load.
create type app.upload_state as enum ('open', 'finished', 'aborted', 'expired');
grant usage on type app.upload_state to authenticated, granary_worker;

create table public.uploads (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  user_id uuid not null,
  file_name text not null check (file_name <> ''),
  bytes bigint not null check (bytes >= 0),
  state app.upload_state not null default 'open',
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade,
  check ((state = 'finished') = (sha256 is not null))
);
create unique index uploads_id on public.uploads (id);
create index uploads_user on public.uploads (tenant_id, user_id);

alter table public.uploads enable row level security, force row level security;
create policy uploads_read on public.uploads for select to authenticated
  using (user_id = (select app.user_id()) and tenant_id = any ((select app.tenants_with('dataset:write'))::uuid[]));
grant select on public.uploads to authenticated;
grant select on public.uploads to granary_worker;

-- Reserves room for the declared size; exact under concurrency, because the organization's row is locked first.
-- SQLSTATE GR429: the quota does not allow it (detail: json with limit and used).
create function app.begin_upload(tenant uuid, file_name text, bytes bigint, lifetime interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  quota bigint;
  used bigint;
  upload uuid;
begin
  if not tenant = any (app.tenants_with('dataset:write')) then
    raise exception using errcode = 'GR403', message = 'needs the permission dataset:write';
  end if;
  select o.storage_quota_bytes into quota from public.organizations o where o.id = tenant for update;
  used := app.storage_used(tenant);
  if used + begin_upload.bytes > quota then
    raise exception using errcode = 'GR429', message = 'the storage quota of the organization is used up',
      detail = jsonb_build_object('limit', quota, 'used', used, 'requested', begin_upload.bytes)::text;
  end if;
  insert into public.uploads (tenant_id, user_id, file_name, bytes, expires_at)
    values (tenant, app.user_id(), begin_upload.file_name, begin_upload.bytes, now() + lifetime)
    returning id into upload;
  return upload;
end $$;

-- Bytes of distinct originals, and of uploads that are open or not yet loaded.
create function app.storage_used(tenant uuid) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select sum(bytes) from (
      select distinct on (original_sha256) original_bytes as bytes from public.dataset_versions where tenant_id = tenant
    ) originals), 0)
    + coalesce((select sum(u.bytes) from public.uploads u where u.tenant_id = tenant and (
      (u.state = 'open' and u.expires_at > now())
      or (u.state = 'finished' and not exists (select from public.dataset_versions v
            where v.tenant_id = tenant and v.original_sha256 = u.sha256)))), 0);
end $$;

-- The API received every byte and put them into the store under this digest.
create function app.finish_upload(upload uuid, sha256 text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.uploads u set state = 'finished', sha256 = finish_upload.sha256, finished_at = now()
    where u.id = upload and u.user_id = app.user_id() and u.tenant_id = any (app.tenants_with('dataset:write'))
      and u.state = 'open' and u.expires_at > now();
  if not found and not exists (
    select from public.uploads u where u.id = upload and u.user_id = app.user_id() and u.state = 'finished' and u.sha256 = finish_upload.sha256
  ) then
    raise exception using errcode = 'GR404', message = 'no such upload, or it is not open any more';
  end if;
end $$;

create function app.abort_upload(upload uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.uploads u set state = 'aborted'
    where u.id = upload and u.user_id = app.user_id() and u.tenant_id = any (app.tenants_with('dataset:write')) and u.state = 'open';
  return found;
end $$;

-- What expired or was aborted; the API removes the bytes. Runs at start and at intervals.
create function app.expire_uploads() returns setof uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query update public.uploads set state = 'expired' where state = 'open' and expires_at <= now() returning id;
end $$;

revoke all on function app.begin_upload, app.storage_used, app.finish_upload, app.abort_upload, app.expire_uploads from public;
grant execute on function app.begin_upload, app.finish_upload, app.abort_upload to granary_member;
grant execute on function app.expire_uploads to granary_worker, granary_api;
