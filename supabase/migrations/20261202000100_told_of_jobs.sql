-- Somebody waits for these: workers are told when one is queued (LISTEN), and ask by themselves only in case a word was lost. Not of
-- jobs that come by the thousand: sessions that tell commit one after the other.
update jobs.queue set notify = true
  where name in ('dataset.load', 'dataset.copy', 'dataset.index', 'dataset.export', 'dataset.replay', 'edge.verify', 'run.step');

-- The queue tells of what it inserts itself; most jobs are inserted by functions of ours. Said twice in a transaction it is heard once.
create function app.tell_of_job() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from jobs.queue q where q.name = new.name and q.notify) then
    perform pg_notify('pgboss_' || left(encode(sha224('jobs'::bytea), 'hex'), 24), new.name);
  end if;
  return null;
end $$;
revoke all on function app.tell_of_job from public;

create trigger tell_of_job after insert on jobs.job
  for each row when (new.start_after <= now()) execute function app.tell_of_job();
