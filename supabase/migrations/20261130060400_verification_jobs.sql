-- A verification that is asked for is done by a job, as who asked for it.
select jobs.create_queue('edge.verify', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 14400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

create function app.queue_verification() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.enqueue_for('edge.verify', new.tenant_id, new.requested_by,
    jsonb_build_object('edgeId', new.edge_id, 'verificationId', new.id));
  return null;
end $$;
create trigger queue_verification after insert on public.edge_verifications for each row
  when (new.status = 'pending') execute function app.queue_verification();
revoke all on function app.queue_verification from public;
