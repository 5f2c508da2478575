-- Where the code of a block or an edge is: the worker asks its server where the branch points, and keeps each answer that is another
-- one than before. docs/adr/0041-code-repositories.md
create table public.code_repositories (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  -- one of them
  block_id uuid,
  edge_id uuid,
  repo_url text not null check (char_length(repo_url) between 1 and 2000),
  branch text not null check (char_length(branch) between 1 and 250),
  -- null until it was seen once, and where there is no such branch
  head_commit text,
  -- when the head was seen to be another one than before
  last_updated timestamptz,
  checked_at timestamptz,
  -- why the last check brought nothing
  problem text check (char_length(problem) <= 2000),
  -- the commit whose manifests were read last, and what of them could not be
  read_commit text,
  read_problem text check (char_length(read_problem) <= 2000),
  failures integer not null default 0,
  check_due_at timestamptz not null default now(),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint code_repositories_once unique nulls not distinct (tenant_id, block_id, edge_id, repo_url, branch),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check (num_nonnulls(block_id, edge_id) = 1)
);
create index code_repositories_block on public.code_repositories (tenant_id, block_id);
create index code_repositories_edge on public.code_repositories (tenant_id, edge_id);
create index code_repositories_creator on public.code_repositories (tenant_id, created_by);
create index code_repositories_due on public.code_repositories (check_due_at);

-- Commits that the branch was seen to point at.
create table public.code_commits (
  tenant_id uuid not null,
  repository_id uuid not null,
  commit_id text not null check (commit_id ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'),
  seen_at timestamptz not null default now(),
  primary key (tenant_id, repository_id, commit_id),
  foreign key (tenant_id, repository_id) references public.code_repositories (tenant_id, id) on delete cascade
);

-- The commit that a version of the block or edge was made of. As the version, it does not change.
create table public.code_pins (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  repository_id uuid not null,
  commit_id text not null,
  block_version_id uuid,
  edge_version_id uuid,
  pinned_by uuid not null,
  pinned_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint code_pins_once unique nulls not distinct (tenant_id, repository_id, block_version_id, edge_version_id),
  foreign key (tenant_id, repository_id, commit_id) references public.code_commits (tenant_id, repository_id, commit_id) on delete cascade,
  foreign key (tenant_id, block_version_id) references public.block_versions (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_version_id) references public.edge_versions (tenant_id, id) on delete cascade,
  foreign key (tenant_id, pinned_by) references public.memberships (tenant_id, user_id),
  check (num_nonnulls(block_version_id, edge_version_id) = 1)
);
create index code_pins_commit on public.code_pins (tenant_id, repository_id, commit_id);
create index code_pins_block_version on public.code_pins (tenant_id, block_version_id);
create index code_pins_edge_version on public.code_pins (tenant_id, edge_version_id);
create index code_pins_pinner on public.code_pins (tenant_id, pinned_by);

-- What a program found in a repository's manifests: the same thing may be found in two, and be entered by a person besides.
alter table public.dependencies
  add repository_id uuid,
  add found_in text check (char_length(found_in) between 1 and 2000),
  add foreign key (tenant_id, repository_id) references public.code_repositories (tenant_id, id) on delete cascade,
  add check (num_nonnulls(repository_id, found_in) = case origin when 'found' then 2 else 0 end),
  drop constraint dependencies_once,
  add constraint dependencies_once unique nulls not distinct (tenant_id, block_id, edge_id, target_block_id, target_edge_id, target_dataset_id,
    external_kind, external_ref, repository_id);
create index dependencies_repository on public.dependencies (tenant_id, repository_id);

-- seen by who sees the block or edge; written by the commands and the worker alone
alter table public.code_repositories enable row level security, force row level security;
alter table public.code_commits enable row level security, force row level security;
alter table public.code_pins enable row level security, force row level security;
create policy code_repositories_read on public.code_repositories for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and (exists (select from public.blocks b where b.tenant_id = code_repositories.tenant_id and b.id = block_id)
      or exists (select from public.edges e where e.tenant_id = code_repositories.tenant_id and e.id = edge_id)));
create policy code_commits_read on public.code_commits for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.code_repositories r where r.tenant_id = code_commits.tenant_id and r.id = repository_id));
create policy code_pins_read on public.code_pins for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.code_repositories r where r.tenant_id = code_pins.tenant_id and r.id = repository_id));
grant select on public.code_repositories, public.code_commits, public.code_pins to authenticated, granary_worker;

select jobs.create_queue('repository.check', '{"policy": "standard", "retryLimit": 2, "retryDelay": 5, "retryBackoff": true,
  "expireInSeconds": 300, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- What a commit says that it depends on is read once for each.
select jobs.create_queue('repository.read', '{"policy": "standard", "retryLimit": 2, "retryDelay": 10, "retryBackoff": true,
  "expireInSeconds": 900, "heartbeatSeconds": 10, "deadLetter": "dead"}');

create function app.queue_repository_check(repository public.code_repositories) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.code_repositories r set check_due_at = now() + interval '15 minutes'
    where r.tenant_id = repository.tenant_id and r.id = repository.id;
  perform app.enqueue_system('repository.check', jsonb_build_object('tenantId', repository.tenant_id, 'repositoryId', repository.id));
end $$;

create function app.add_repository(block uuid, edge uuid, repo_url text, branch text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  made public.code_repositories;
begin
  perform app.require_dependent(block, edge);
  perform app.hold_member(tenant, app.user_id());
  if (select count(*) from public.code_repositories r where r.tenant_id = tenant and (r.block_id = block or r.edge_id = edge)) >= 20 then
    raise exception using errcode = 'GR429', message = 'it has 20 repositories already';
  end if;
  insert into public.code_repositories (tenant_id, block_id, edge_id, repo_url, branch, created_by)
    values (tenant, block, edge, add_repository.repo_url, add_repository.branch, app.user_id())
    on conflict on constraint code_repositories_once do nothing returning * into made;
  if made.id is null then
    raise exception using errcode = 'GR409', message = 'it has this branch of this repository already';
  end if;
  perform app.queue_repository_check(made);
  return made.id;
end $$;

-- One that the caller may change, locked. SQLSTATE GR404: none that they may see; GR403: they may not change it.
create function app.lock_repository(repository uuid) returns public.code_repositories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.code_repositories;
begin
  select r.* into target from public.code_repositories r
    where r.tenant_id = (app.claims() ->> 'tenant_id')::uuid and r.id = repository;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such repository';
  end if;
  begin
    perform app.require_dependent(target.block_id, target.edge_id);
  exception when sqlstate 'GR404' then
    raise exception using errcode = 'GR404', message = 'no such repository';
  end;
  select r.* into target from public.code_repositories r where r.tenant_id = target.tenant_id and r.id = repository for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such repository';
  end if;
  return target;
end $$;

-- Has it asked for now. At most once in ten seconds, because it is somebody else's server.
create function app.check_repository(repository uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.code_repositories := app.lock_repository(repository);
begin
  if target.check_due_at > now() + interval '15 minutes' - interval '10 seconds' and target.failures = 0 then
    raise exception using errcode = 'GR429', message = 'it was asked for a moment ago';
  end if;
  perform app.queue_repository_check(target);
end $$;

create function app.remove_repository(repository uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.code_repositories := app.lock_repository(repository);
  pins constant bigint := (select count(*) from public.code_pins p where p.tenant_id = target.tenant_id and p.repository_id = target.id);
begin
  if pins > 0 then
    raise exception using errcode = 'GR412', message = 'versions are pinned to its commits', detail = jsonb_build_object('pins', pins)::text;
  end if;
  delete from public.code_repositories r where r.tenant_id = target.tenant_id and r.id = target.id;
end $$;

-- Notes for ever of which commit a version was made; without one, that at which the branch was seen last. Only a commit that was seen:
-- what a branch never pointed at, nobody can vouch for.
create function app.pin_version(repository uuid, version_number integer, pinned_commit text) returns public.code_pins
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.code_repositories;
  wanted text;
  version uuid;
  made public.code_pins;
begin
  target := app.lock_repository(repository);
  perform app.hold_member(tenant, app.user_id());
  wanted := coalesce(pinned_commit, target.head_commit);
  if not exists (select from public.code_commits c where c.tenant_id = tenant and c.repository_id = target.id and c.commit_id = wanted) then
    raise exception using errcode = 'GR412', message = 'the branch was not seen at this commit, or not at all yet';
  end if;
  version := case when target.block_id is not null
    then (select v.id from public.block_versions v where v.tenant_id = tenant and v.block_id = target.block_id and v.number = version_number)
    else (select v.id from public.edge_versions v where v.tenant_id = tenant and v.edge_id = target.edge_id and v.number = version_number) end;
  if version is null then
    raise exception using errcode = 'GR404', message = 'no such version';
  end if;
  insert into public.code_pins (tenant_id, repository_id, commit_id, block_version_id, edge_version_id, pinned_by)
    values (tenant, target.id, wanted, case when target.block_id is not null then version end,
      case when target.edge_id is not null then version end, app.user_id())
    on conflict on constraint code_pins_once do nothing returning * into made;
  if made.id is null then
    raise exception using errcode = 'GR409', message = 'this version is pinned already, and stays so';
  end if;
  return made;
end $$;

-- The worker's: what a check brought, a commit, or null with why there is none. Answers whether it is news.
create function app.note_repository_check(tenant uuid, repository uuid, commit_id text, problem text) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.code_repositories;
begin
  select * into target from public.code_repositories r where r.tenant_id = tenant and r.id = repository for update;
  if not found then
    return false;
  end if;
  if commit_id is not null then
    insert into public.code_commits (tenant_id, repository_id, commit_id) values (tenant, repository, note_repository_check.commit_id)
      on conflict do nothing;
  end if;
  update public.code_repositories r set
      head_commit = coalesce(note_repository_check.commit_id, r.head_commit),
      last_updated = case when commit_id is not null and commit_id is distinct from r.head_commit then now() else r.last_updated end,
      checked_at = now(), problem = left(note_repository_check.problem, 2000),
      failures = case when note_repository_check.problem is null then 0 else r.failures + 1 end,
      -- one that fails is asked more and more seldom, once a day at least
      check_due_at = now() + least(interval '1 day', interval '15 minutes' * case when note_repository_check.problem is null then 1
        else 2 ^ least(r.failures, 10) end)
    where r.tenant_id = tenant and r.id = repository;
  if commit_id is not null and commit_id is distinct from target.read_commit then
    perform app.enqueue_system('repository.read', jsonb_build_object('tenantId', tenant, 'repositoryId', repository));
  end if;
  if commit_id is not null and target.head_commit is not null and commit_id <> target.head_commit then
    perform app.emit_event(tenant, 'repository.moved', 'repository', repository::text, jsonb_strip_nulls(jsonb_build_object(
      'repositoryId', repository, 'blockId', target.block_id, 'edgeId', target.edge_id, 'commit', commit_id,
      'datasetId', (select b.dataset_id from public.blocks b where b.tenant_id = tenant and b.id = target.block_id))));
  end if;
  return commit_id is not null and commit_id is distinct from target.head_commit;
end $$;

-- The worker's: what the manifests of a commit say that the block or edge depends on, [{"ref", "name", "file"}], in place of what was
-- found in this repository before; what people entered stays. `packages` null: they could not be read, and what was found before stays too.
-- Nothing where the branch has moved on meanwhile: that commit is read as well.
create function app.note_repository_reading(tenant uuid, repository uuid, commit_id text, packages jsonb, problem text) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.code_repositories;
begin
  select * into target from public.code_repositories r where r.tenant_id = tenant and r.id = repository for update;
  if target.head_commit is distinct from commit_id or commit_id is null then
    return false;
  end if;
  update public.code_repositories r set read_problem = left(note_repository_reading.problem, 2000),
      read_commit = case when packages is null then r.read_commit else note_repository_reading.commit_id end
    where r.tenant_id = tenant and r.id = repository;
  if packages is null then
    return false;
  end if;
  delete from public.dependencies d where d.tenant_id = tenant and d.repository_id = repository
    and not exists (select from jsonb_array_elements(packages) f where f ->> 'ref' = d.external_ref);
  insert into public.dependencies (tenant_id, block_id, edge_id, dependency_type, external_kind, external_ref, external_name, origin,
      repository_id, found_in, created_by)
    select tenant, target.block_id, target.edge_id, 'external', 'package', f ->> 'ref', f ->> 'name', 'found', repository, f ->> 'file',
      target.created_by
    from jsonb_array_elements(packages) f
    on conflict on constraint dependencies_once do update set found_in = excluded.found_in;
  return true;
end $$;

-- The worker's: queues those that are to be asked for again. Answers how many.
create function app.enqueue_due_repositories(most integer) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  repository public.code_repositories;
  queued integer := 0;
begin
  for repository in
    select r.* from public.code_repositories r join public.organizations o on o.id = r.tenant_id and o.closed_at is null
    where r.check_due_at <= now() order by r.check_due_at limit most for update of r skip locked
  loop
    perform app.queue_repository_check(repository);
    queued := queued + 1;
  end loop;
  return queued;
end $$;

revoke all on function app.queue_repository_check, app.add_repository, app.lock_repository, app.check_repository, app.remove_repository,
  app.pin_version, app.note_repository_check, app.note_repository_reading, app.enqueue_due_repositories from public;
grant execute on function app.add_repository, app.check_repository, app.remove_repository, app.pin_version to granary_member;
grant execute on function app.note_repository_check, app.note_repository_reading, app.enqueue_due_repositories to granary_worker;

-- Telling the owner of a block or edge that the branch of its code points elsewhere.
insert into public.event_types (name, default_inbox, default_mail, is_required, tells_actor) values
  ('repository.moved', true, 'off', false, true);

create function app.concerned_by_repository(event public.outbox_events) returns uuid[]
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return array(
    select b.owner_id from public.code_repositories r join public.blocks b on b.tenant_id = r.tenant_id and b.id = r.block_id
      where r.tenant_id = event.tenant_id and r.id = event.subject_id::uuid and b.owner_id is not null
    union
    select e.owner_id from public.code_repositories r join public.edges e on e.tenant_id = r.tenant_id and e.id = r.edge_id
      where r.tenant_id = event.tenant_id and r.id = event.subject_id::uuid and e.owner_id is not null
        and app.hears_of_repository(event, jsonb_build_object('sub', e.owner_id, 'tenant_id', event.tenant_id)));
end $$;

-- as the policy on repositories; that the dataset of a block may be read is asked already
create function app.hears_of_repository(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  edge uuid;
  dataset uuid;
begin
  if app.may_as(acting, 'block:read', event.tenant_id, null) is not true then
    return false;
  end if;
  select r.edge_id into edge from public.code_repositories r where r.tenant_id = event.tenant_id and r.id = event.subject_id::uuid;
  if not found or (edge is not null and app.may_as(acting, 'edge:read', event.tenant_id, null) is not true) then
    return false;
  end if;
  for dataset in select unnest(e.dataset_ids) from public.edges e where e.tenant_id = event.tenant_id and e.id = edge loop
    if app.may_as(acting, 'dataset:read', event.tenant_id, dataset) is not true then
      return false;
    end if;
  end loop;
  return true;
end $$;
revoke all on function app.concerned_by_repository, app.hears_of_repository from public;
