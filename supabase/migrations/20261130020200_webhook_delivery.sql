-- How events reach the endpoints. A delivery is taken by a lease, so that no transaction is open while a receiver answers; who
-- dies holding one loses it when the lease ends, and it is sent again, under the same id.

-- Whether an event may be told to somebody by a webhook of theirs: whether they would be shown it. A kind of event that is new gets
-- its line here, and is told to nobody until then.
create function app.may_be_told_by_webhook(event public.outbox_events, person uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := event.tenant_id;
  acting constant jsonb := jsonb_build_object('sub', person, 'tenant_id', tenant);
  dataset constant uuid := case when event.subject_type = 'dataset' then event.subject_id else event.data ->> 'datasetId' end;
begin
  -- an organization that is closing lets nobody do anything; that it is closing is what it still tells
  if not app.may_own_webhooks(tenant, person) or (event.type <> 'organization.closing'
      and exists (select from public.organizations o where o.id = tenant and o.closed_at is not null)) then
    return false;
  end if;
  -- with whom it is shared is shown to whoever administers it
  if dataset is not null and app.may_as(acting, case event.type when 'dataset.shared' then 'dataset:admin' else 'dataset:read' end,
      tenant, dataset) is not true then
    return false;
  end if;
  return case split_part(event.type, '.', 1)
    -- without a dataset it is about the key of all pseudonyms
    when 'dataset' then dataset is not null or app.may_as(acting, 'encryption:admin', tenant, null)
    when 'todo' then app.may_as(acting, 'todo:admin', tenant, null) or (app.may_as(acting, 'todo:read', tenant, null)
      and exists (select from public.todos t
        where t.tenant_id = tenant and t.id = event.subject_id::uuid and person in (t.owner_id, t.assignee_id)))
    -- as the policies on exports and keys: one's own
    when 'export' then (event.data ->> 'requestedBy')::uuid = person
    when 'api_key' then (event.data ->> 'userId')::uuid = person
    when 'member' then app.may_as(acting, 'member:read', tenant, null)
    when 'plan' then app.may_as(acting, 'organization:read', tenant, null)
    when 'organization' then true
    when 'webhook' then true
    else false
  end;
end $$;

-- Called by app.fan_out_event, in the transaction that notes the event as handed on. What happened before there was the endpoint
-- is none of its business.
create function app.fan_out_to_webhooks(event uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  told public.outbox_events;
  endpoint public.webhook_endpoints;
begin
  select * into strict told from public.outbox_events e where e.id = event;
  for endpoint in
    select * from public.webhook_endpoints e
    where e.tenant_id = told.tenant_id and e.is_active and e.created_at <= told.created_at
      and (e.types is null or told.type = any (e.types)) order by e.id
    for key share
  loop
    if app.may_be_told_by_webhook(told, endpoint.owner_id) then
      insert into public.webhook_deliveries (tenant_id, endpoint_id, event_id, type, payload, owner_id, is_private)
        values (told.tenant_id, endpoint.id, told.id, told.type, app.webhook_payload(told), endpoint.owner_id,
          split_part(told.type, '.', 1) in ('dataset', 'todo', 'export', 'api_key') or told.data ? 'datasetId')
        on conflict do nothing;
    end if;
  end loop;
end $$;

-- Deliveries that are due, each now the caller's until the lease ends; of one endpoint and of one organization at most so many
-- at a time, over all workers, those first of which the fewest are on their way. So a receiver that stalls holds up its own alone.
create function app.lease_webhook_deliveries(most integer, per_endpoint integer, per_tenant integer, lease interval)
  returns table (delivery_id uuid, lease_id uuid, number integer, tenant_id uuid, endpoint_id uuid, url text, payload jsonb, secrets jsonb)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  endpoint public.webhook_endpoints;
  delivery public.webhook_deliveries;
  event public.outbox_events;
  taken integer := 0;
  free integer;
begin
  for endpoint in
    select e.* from public.webhook_endpoints e
    where e.is_active and exists (select from public.webhook_deliveries d
      where d.endpoint_id = e.id and d.state = 'pending' and d.next_attempt_at <= now())
    order by (select count(*) from public.webhook_deliveries d where d.tenant_id = e.tenant_id and d.leased_until > now()), random()
    for no key update of e skip locked
  loop
    exit when taken >= most;
    select least(most - taken, per_tenant - count(*), per_endpoint - count(*) filter (where d.endpoint_id = endpoint.id)) into free
      from public.webhook_deliveries d where d.tenant_id = endpoint.tenant_id and d.leased_until > now();
    continue when free <= 0;
    for delivery in
      select * from public.webhook_deliveries d
      where d.endpoint_id = endpoint.id and d.state = 'pending' and d.next_attempt_at <= now()
      order by d.next_attempt_at, d.id limit free for update skip locked
    loop
      event.tenant_id := delivery.tenant_id;
      event.type := delivery.type;
      event.subject_type := delivery.payload #>> '{data,subjectType}';
      event.subject_id := delivery.payload #>> '{data,subjectId}';
      event.data := delivery.payload #> '{data,details}';
      -- asked again: it may have waited for days, and what its owner might see then they may not see now
      if not app.may_be_told_by_webhook(event, endpoint.owner_id) then
        update public.webhook_deliveries d set state = 'cancelled', ended_at = now(), lease_id = null, leased_until = null
          where d.tenant_id = delivery.tenant_id and d.id = delivery.id;
        continue;
      end if;
      taken := taken + 1;
      -- clock_timestamp, so that a lease is as long as it says
      update public.webhook_deliveries d set attempts = d.attempts + 1, tries = d.tries + 1, lease_id = app.uuidv7(),
          leased_until = clock_timestamp() + lease, next_attempt_at = clock_timestamp() + lease
        where d.tenant_id = delivery.tenant_id and d.id = delivery.id
        returning d.id, d.lease_id, d.attempts, d.tenant_id, d.endpoint_id, endpoint.url, d.payload into
          delivery_id, lease_id, number, tenant_id, endpoint_id, url, payload;
      -- the newest first
      secrets := (select jsonb_agg(jsonb_build_object('id', s.id, 'wrapped', encode(s.wrapped, 'hex'))
          order by s.expires_at desc nulls first, s.created_at desc)
        from public.webhook_secrets s where s.tenant_id = endpoint.tenant_id and s.endpoint_id = endpoint.id
          and (s.expires_at is null or s.expires_at > now()));
      return next;
    end loop;
  end loop;
end $$;

-- Switches an endpoint off that is not to be asked any more, and says so. What waits for it is cancelled, and can be sent again.
create function app.disable_webhook(endpoint public.webhook_endpoints, reason text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.webhook_endpoints e set is_active = false, disabled_at = now(), disabled_reason = reason, updated_at = now()
    where e.tenant_id = endpoint.tenant_id and e.id = endpoint.id and e.is_active;
  if not found then
    return;
  end if;
  update public.webhook_deliveries d set state = 'cancelled', ended_at = now()
    where d.tenant_id = endpoint.tenant_id and d.endpoint_id = endpoint.id and d.state = 'pending';
  perform app.emit_event(endpoint.tenant_id, 'webhook.disabled', 'webhook', endpoint.id::text, jsonb_build_object('reason', reason));
end $$;

-- How long after the nth try in a row the next one is made (Standard Webhooks, "Deliverability and reliability"), give or take a
-- tenth; null: not any more.
create function app.webhook_pause(tries integer) returns interval
  language plpgsql volatile set search_path = '' as $$
begin
  return ('{5 s,5 min,30 min,2 h,5 h,10 h,14 h,20 h,24 h}'::interval[])[tries] * (0.9 + 0.2 * random());
end $$;

-- What came of an attempt, by whoever still holds the lease; anybody else's is nothing. Answers the delivery's state.
-- status null: there was no answer. retry_after: what the receiver asked for, in seconds.
create function app.finish_webhook_attempt(delivery uuid, lease uuid, started_at timestamptz, duration_ms integer, status integer,
  error text, answer text, retry_after integer) returns text
  language plpgsql volatile security definer set search_path = '' as $$
declare
  endpoint public.webhook_endpoints;
  held public.webhook_deliveries;
  pause interval;
begin
  select e.* into endpoint from public.webhook_endpoints e
    join public.webhook_deliveries d on d.tenant_id = e.tenant_id and d.endpoint_id = e.id
    where d.id = delivery for no key update of e;
  select d.* into held from public.webhook_deliveries d where d.id = delivery and d.lease_id = lease for update;
  if not found then
    return null;
  end if;
  insert into public.webhook_attempts (tenant_id, delivery_id, number, started_at, duration_ms, status, error, answer)
    values (held.tenant_id, held.id, held.attempts, finish_webhook_attempt.started_at, finish_webhook_attempt.duration_ms,
      finish_webhook_attempt.status, left(finish_webhook_attempt.error, 500), finish_webhook_attempt.answer);
  pause := app.webhook_pause(held.tries);
  if status between 200 and 299 then
    held.state := 'delivered';
  elsif held.state = 'pending' and pause is null then
    held.state := 'failed';
  end if;
  update public.webhook_deliveries d set state = held.state, lease_id = null, leased_until = null,
      ended_at = case when held.state <> 'pending' then coalesce(held.ended_at, now()) end,
      -- longer than a day nobody is believed to need
      next_attempt_at = now() + coalesce(greatest(pause, make_interval(secs => least(retry_after, 86400))), interval '0')
    where d.tenant_id = held.tenant_id and d.id = held.id;
  if held.state = 'delivered' then
    update public.webhook_endpoints e set failing_since = null
      where e.tenant_id = endpoint.tenant_id and e.id = endpoint.id and e.failing_since is not null;
  else
    endpoint.failing_since := coalesce(endpoint.failing_since, finish_webhook_attempt.started_at);
    update public.webhook_endpoints e set failing_since = endpoint.failing_since
      where e.tenant_id = endpoint.tenant_id and e.id = endpoint.id and e.failing_since is null;
    if status = 410 then
      perform app.disable_webhook(endpoint, 'gone');
    elsif endpoint.failing_since < now() - interval '5 days' then
      perform app.disable_webhook(endpoint, 'failing');
    end if;
  end if;
  return held.state;
end $$;

-- What ended longer ago than that, with its attempts; at most so many.
create function app.forget_webhook_deliveries(kept interval, most integer) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten integer;
begin
  delete from public.webhook_deliveries d where d.id in (
    select old.id from public.webhook_deliveries old where old.ended_at < now() - kept
    order by old.ended_at limit most for update skip locked);
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

-- Whoever leaves takes nothing along: their endpoints are switched off, until somebody takes them over.
create function app.disable_webhooks_of_leaver() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  endpoint public.webhook_endpoints;
begin
  for endpoint in
    select * from public.webhook_endpoints e where e.tenant_id = new.tenant_id and e.owner_id = new.user_id order by e.id for update
  loop
    perform app.disable_webhook(endpoint, 'owner_left');
  end loop;
  return null;
end $$;
create trigger disable_webhooks after update of left_at on public.memberships for each row
  when (old.left_at is null and new.left_at is not null) execute function app.disable_webhooks_of_leaver();

revoke all on function app.may_be_told_by_webhook, app.fan_out_to_webhooks, app.lease_webhook_deliveries, app.disable_webhook,
  app.webhook_pause, app.finish_webhook_attempt, app.forget_webhook_deliveries, app.disable_webhooks_of_leaver from public;
grant execute on function app.lease_webhook_deliveries, app.finish_webhook_attempt, app.forget_webhook_deliveries to granary_worker;
