-- What changes images. Locks are taken in one order: the member, the repository, its images.

-- An image that the caller may change, locked. SQLSTATE GR404: none that they may see; GR403: they may not change it.
create function app.lock_image(image uuid) returns public.images
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.images;
begin
  select i.* into target from public.images i where i.tenant_id = (app.claims() ->> 'tenant_id')::uuid and i.id = image;
  begin
    if not found then
      raise exception using errcode = 'GR404';
    end if;
    perform app.require_dependent(target.block_id, target.edge_id);
    select i.* into target from public.images i where i.tenant_id = target.tenant_id and i.id = image for update;
    if not found then
      raise exception using errcode = 'GR404';
    end if;
  exception when sqlstate 'GR404' then -- in the same words, whatever it was
    raise exception using errcode = 'GR404', message = 'no such image';
  end;
  return target;
end $$;

-- Has an image built of the commit that a version is pinned to, or without a version of where the branch was seen last.
create function app.request_image(repository uuid, version_number integer, tag text, dockerfile text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.code_repositories;
  wanted text;
  made public.images;
begin
  perform app.hold_member(tenant, app.user_id());
  target := app.lock_repository(repository);
  wanted := case when version_number is null then target.head_commit else (
    select p.commit_id from public.code_pins p
    left join public.block_versions b on b.tenant_id = tenant and b.id = p.block_version_id
    left join public.edge_versions e on e.tenant_id = tenant and e.id = p.edge_version_id
    where p.tenant_id = tenant and p.repository_id = target.id and coalesce(b.number, e.number) = version_number) end;
  if wanted is null then
    raise exception using errcode = 'GR412', message = case when version_number is null then 'the branch was not seen yet'
      else 'this version is pinned to no commit of this repository' end;
  end if;
  if (select count(*) from public.images i where i.tenant_id = tenant and i.build_status = 'pending' and i.origin = 'built') >= 20 then
    raise exception using errcode = 'GR429', message = '20 images are waiting to be built already';
  end if;
  insert into public.images (tenant_id, block_id, edge_id, repository_id, commit_id, origin, image_tag, dockerfile, requested_by)
    values (tenant, target.block_id, target.edge_id, target.id, wanted, 'built', request_image.tag, request_image.dockerfile, app.user_id())
    on conflict (tenant_id, (coalesce(block_id, edge_id)), image_tag) where build_status = 'pending' and origin = 'built' do nothing
    returning * into made;
  if made.id is null then
    raise exception using errcode = 'GR409', message = 'an image of this tag is being built already';
  end if;
  perform app.enqueue_for('image.build', tenant, app.user_id(), jsonb_build_object('imageId', made.id));
  return made.id;
end $$;

-- Asks the registry again for the digest. At most once in ten seconds, because it is somebody else's server.
create function app.check_image(image uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.images := app.lock_image(image);
begin
  if target.build_status <> 'success' then
    raise exception using errcode = 'GR412', message = 'there is no image yet whose digest could be asked for';
  end if;
  if target.updated_at > now() - interval '10 seconds' then
    raise exception using errcode = 'GR429', message = 'it was asked for a moment ago';
  end if;
  update public.images i set updated_at = now() where i.tenant_id = target.tenant_id and i.id = target.id;
  perform app.enqueue_system('image.check', jsonb_build_object('tenantId', target.tenant_id, 'imageId', target.id));
end $$;

-- Forgets an image; what the registry has stays there. One that is being built ends up nowhere.
create function app.remove_image(image uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.images := app.lock_image(image);
begin
  delete from public.images i where i.tenant_id = target.tenant_id and i.id = target.id;
end $$;

-- Another secret in place of the former one, which is good for nothing from now on.
create function app.set_image_secret(repository uuid, secret uuid, wrapped bytea) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.code_repositories := app.lock_repository(repository);
begin
  insert into public.image_report_secrets (tenant_id, repository_id, id, wrapped)
    values (target.tenant_id, target.id, secret, set_image_secret.wrapped)
    on conflict (tenant_id, repository_id) do update set id = excluded.id, wrapped = excluded.wrapped, created_at = now();
end $$;

-- The identity login's: what a report of a repository's images must be signed with. Nothing for one that takes none.
create function app.image_secret_of(repository uuid) returns table (tenant uuid, secret uuid, wrapped bytea)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select s.tenant_id, s.id, s.wrapped from public.image_report_secrets s
    join public.organizations o on o.id = s.tenant_id and o.closed_at is null where s.repository_id = repository;
end $$;

-- The identity login's, after it has verified the signature by the secret that it names: takes a report once. `report`: {"commit", "tag",
-- "registry", "status", "digest", "builder", "dockerfile", "problem", "logs": []}. One that is pending is finished by the next of the same tag.
create function app.report_image(repository uuid, secret uuid, message_id text, report jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.code_repositories;
  image public.images;
  is_over constant boolean := (report ->> 'status') <> 'pending';
begin
  select r.* into target from public.image_report_secrets s
    join public.code_repositories r on r.tenant_id = s.tenant_id and r.id = s.repository_id
    where s.repository_id = repository and s.id = secret for update of r, s;
  if not found then -- replaced meanwhile
    raise exception using errcode = 'GR401', message = 'the signature is not one of this repository';
  end if;
  delete from public.image_reports t where t.tenant_id = target.tenant_id and t.repository_id = target.id
    and t.taken_at < now() - interval '1 hour';
  if exists (select from public.image_reports t where t.tenant_id = target.tenant_id and t.repository_id = target.id
      and t.message_id = report_image.message_id) then
    raise exception using errcode = 'GR409', message = 'this report was taken already';
  end if;
  select i.* into image from public.images i where i.tenant_id = target.tenant_id and i.repository_id = target.id
    and i.image_tag = report ->> 'tag' and i.build_status = 'pending' and i.origin = 'reported' for update;
  if image.id is null and (select count(*) from public.images i where i.tenant_id = target.tenant_id and i.repository_id = target.id) >= 10000 then
    raise exception using errcode = 'GR429', message = 'it has 10,000 images already';
  end if;
  if image.id is null then
    insert into public.images (tenant_id, block_id, edge_id, repository_id, commit_id, origin, image_tag, dockerfile, started_at)
      values (target.tenant_id, target.block_id, target.edge_id, target.id, report ->> 'commit', 'reported', report ->> 'tag',
        report ->> 'dockerfile', now()) returning * into image;
  end if;
  update public.images i set commit_id = report ->> 'commit', registry_url = report ->> 'registry', builder = report ->> 'builder',
      build_status = report ->> 'status', problem = left(report ->> 'problem', 2000), digest = report ->> 'digest', updated_at = now(),
      finished_at = case when is_over then now() end
    where i.tenant_id = image.tenant_id and i.id = image.id;
  perform app.append_image_logs(image.tenant_id, image.id, array(select jsonb_array_elements_text(report -> 'logs')));
  insert into public.image_reports (tenant_id, repository_id, message_id, image_id)
    values (target.tenant_id, target.id, report_image.message_id, image.id);
  if report ->> 'status' = 'success' then
    perform app.enqueue_system('image.check', jsonb_build_object('tenantId', image.tenant_id, 'imageId', image.id));
  end if;
  return image.id;
end $$;

-- Of an image whose row is held. What is beyond 100,000 lines is not kept, and the last one says so.
create function app.append_image_logs(tenant uuid, image uuid, messages text[]) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  last constant integer := (select coalesce(max(l.number), 0) from public.image_logs l where l.tenant_id = tenant and l.image_id = image);
  most constant integer := 100000;
begin
  insert into public.image_logs (tenant_id, image_id, number, message)
    select tenant, image, last + m.ordinality::integer,
      case when last + m.ordinality = most then 'what came then is not kept: there are 100,000 lines' else left(m.text, 2000) end
    from unnest(messages) with ordinality m (text, ordinality) where last + m.ordinality <= most;
end $$;

-- The worker's: begins a build, or begins it anew after a crash. Nothing for one that is over or gone.
create function app.begin_image(image uuid, builder text, registry_host text) returns public.images
  language plpgsql volatile security definer set search_path = '' as $$
declare
  begun public.images;
begin
  update public.images i set attempt = i.attempt + 1, started_at = coalesce(i.started_at, now()), updated_at = now(),
      builder = begin_image.builder,
      -- a name of its own: no tenant writes over what is another's
      registry_url = registry_host || '/' || i.tenant_id || '/' || coalesce(i.block_id, i.edge_id)
    where i.id = image and i.build_status = 'pending' and i.origin = 'built' returning * into begun;
  if begun.attempt > 1 then
    perform app.append_image_logs(begun.tenant_id, begun.id, array['the process that built it ended; it begins anew']);
  end if;
  return begun;
end $$;

-- The worker's: what a build said. False for one that is not this attempt's any more.
create function app.log_image(image uuid, attempt integer, messages text[]) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.images;
begin
  select i.* into target from public.images i
    where i.id = image and i.build_status = 'pending' and i.attempt = log_image.attempt for update;
  if not found then
    return false;
  end if;
  perform app.append_image_logs(target.tenant_id, target.id, messages);
  return true;
end $$;

-- The worker's: how a build ended, with a digest, or with why there is none. `attempt` null: whoever it is, it will not be tried again.
create function app.finish_image(image uuid, attempt integer, digest text, problem text) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  ended public.images;
begin
  update public.images i set build_status = case when finish_image.digest is null then 'failed' else 'success' end,
      digest = finish_image.digest, problem = left(finish_image.problem, 2000), finished_at = now(), updated_at = now()
    where i.id = image and i.build_status = 'pending' and i.attempt = coalesce(finish_image.attempt, i.attempt) returning * into ended;
  if ended.id is null then
    return false;
  end if;
  if ended.build_status = 'success' then
    perform app.enqueue_system('image.check', jsonb_build_object('tenantId', ended.tenant_id, 'imageId', ended.id));
  end if;
  return true;
end $$;

-- The worker's: which digest the registry has for the tag, or why it said none.
create function app.note_image_check(tenant uuid, image uuid, seen text, problem text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.images i set digest_checked_at = now(), updated_at = now(), digest_problem = left(note_image_check.problem, 2000),
      digest_check = case when seen is null then 'unknown' when seen = i.digest then 'matches' else 'differs' end
    where i.tenant_id = tenant and i.id = image and i.build_status = 'success';
end $$;

revoke all on function app.lock_image, app.request_image, app.check_image, app.remove_image, app.set_image_secret, app.image_secret_of,
  app.report_image, app.append_image_logs, app.begin_image, app.log_image, app.finish_image, app.note_image_check from public;
grant execute on function app.request_image, app.check_image, app.remove_image, app.set_image_secret to granary_member;
grant execute on function app.image_secret_of, app.report_image to granary_identity;
grant execute on function app.begin_image, app.log_image, app.finish_image, app.note_image_check to granary_worker;
