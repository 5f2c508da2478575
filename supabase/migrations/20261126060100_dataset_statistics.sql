-- What the columns of a version hold: computed once after it is published, and again after it changed.

create table public.dataset_statistics (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  position integer not null check (position >= 0),
  -- the version's change_count in the snapshot that the rows were read in
  as_of integer not null,
  computed_at timestamptz not null default now(),
  statistics jsonb not null,
  primary key (tenant_id, version_id, position),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade
);
create index dataset_statistics_dataset on public.dataset_statistics (tenant_id, dataset_id, version_id);

alter table public.dataset_statistics enable row level security, force row level security;
create policy dataset_statistics_read on public.dataset_statistics for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
grant select on public.dataset_statistics to authenticated, granary_worker;
grant insert, delete on public.dataset_statistics to granary_worker;

-- short: of each version at most one job waits, however often it changes meanwhile
select jobs.create_queue('dataset.profile', '{"policy": "short", "retryLimit": 2, "retryDelay": 5, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- Queues the profile in the transaction that publishes or changes the version, whoever does that: there is no way to
-- forget it. A change waits a little, because where there is one there are often more.
create function app.queue_profile() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into jobs.job (name, data, group_id, singleton_key, policy, dead_letter, expire_seconds, deletion_seconds,
      keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, heartbeat_seconds, start_after)
    select q.name,
      pg_catalog.jsonb_build_object('tenantId', new.tenant_id, 'userId', new.created_by,
        'input', pg_catalog.jsonb_build_object('datasetId', new.dataset_id, 'versionId', new.id)),
      new.tenant_id, new.id, q.policy, q.dead_letter, q.expire_seconds, q.deletion_seconds,
      now() + q.retention_seconds * interval '1s', q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max,
      q.heartbeat_seconds, case when tg_op = 'UPDATE' and old.state = 'ready' then now() + interval '5s' else now() end
    from jobs.queue q where q.name = 'dataset.profile'
    on conflict do nothing;
  return null;
end $$;
revoke all on function app.queue_profile from public;
-- a copy is born ready
create trigger queue_profile_of_copy after insert on public.dataset_versions for each row
  when (new.state = 'ready') execute function app.queue_profile();
create trigger queue_profile after update on public.dataset_versions for each row
  when (new.state = 'ready' and (old.state <> 'ready' or old.change_count <> new.change_count))
  execute function app.queue_profile();
