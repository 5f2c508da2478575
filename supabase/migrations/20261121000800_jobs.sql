-- Queues, the tenant's way to enqueue, and the worker's rights. Nothing is created at run time.
select jobs.create_queue('dead', '{"policy": "standard", "deleteAfterSeconds": 0}');
-- A worker that dies is noticed after heartbeatSeconds plus one supervision (5 s); a file that kills it three
-- times ends among the dead.
select jobs.create_queue('dataset.load', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- Joins the caller's transaction: a rolled-back change leaves no job, a committed one has its job. Definer, because
-- no tenant may read or write the queue. The job carries who asked, from the claims, and holds ids only: its handler
-- reads them again as that user before it acts, so that a forged or stale id gets nothing.
create function app.enqueue(queue text, tenant uuid, input jsonb, singleton text default null) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  job_id uuid;
begin
  if tenant is distinct from (app.claims() ->> 'tenant_id')::uuid
    or not exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = app.user_id())
  then
    raise insufficient_privilege using message = 'may not enqueue for this organization';
  end if;
  insert into jobs.job (name, data, group_id, singleton_key, policy, dead_letter, expire_seconds, deletion_seconds,
      keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, heartbeat_seconds)
    select q.name, jsonb_build_object('tenantId', tenant, 'userId', app.user_id(), 'input', input), tenant, singleton, q.policy,
      q.dead_letter, q.expire_seconds, q.deletion_seconds, now() + q.retention_seconds * interval '1s',
      q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.heartbeat_seconds
    from jobs.queue q where q.name = queue
    returning id into job_id;
  if job_id is null then
    raise undefined_object using message = format('no queue %L', queue);
  end if;
  return job_id;
end $$;
revoke all on function app.enqueue from public;
grant execute on function app.enqueue to granary_member;

revoke all on schema jobs from public;
revoke all on all functions in schema jobs from public;
grant usage on schema jobs to granary_worker;
grant select, insert, update, delete on all tables in schema jobs to granary_worker;
grant execute on all functions in schema jobs to granary_worker;

-- No role of a tenant has any right here; row level security says it once more.
do $$
declare
  queue_table regclass;
begin
  for queue_table in select c.oid from pg_catalog.pg_class c
    where c.relnamespace = 'jobs'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s enable row level security, force row level security', queue_table);
    execute format('create policy worker_only on %s to granary_worker using (true)', queue_table);
  end loop;
end $$;
