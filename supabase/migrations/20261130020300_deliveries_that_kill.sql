-- A delivery at which workers die every time is given up after the tries that any other has; and what is on its way when somebody asks
-- for it again is waited for, instead of being sent twice at a time.

-- Sends again, under the same id: one delivery, or all that failed or were cancelled since a time. How many. What is somebody else's
-- private matter is none of those that the caller sees, and so none of these.
create or replace function app.redeliver_webhook(webhook uuid, delivery uuid, since timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.webhook_endpoints := app.lock_webhook(webhook);
  again bigint;
begin
  if not target.is_active then
    raise exception using errcode = 'GR412', message = 'the webhook is switched off';
  end if;
  update public.webhook_deliveries d set state = 'pending', ended_at = null, tries = 0,
      -- what is on its way at this moment is waited for
      next_attempt_at = greatest(now(), d.leased_until)
    where d.tenant_id = target.tenant_id and d.endpoint_id = target.id and (not d.is_private or d.owner_id = app.user_id())
      and case when delivery is null then d.state in ('failed', 'cancelled') and d.created_at >= since else d.id = delivery end;
  get diagnostics again = row_count;
  if delivery is not null and again = 0 then
    raise exception using errcode = 'GR404', message = 'no such delivery';
  end if;
  return again;
end $$;

-- Deliveries that are due, each now the caller's until the lease ends; of one endpoint and of one organization at most so many
-- at a time, over all workers, those first of which the fewest are on their way. So a receiver that stalls holds up its own alone.
create or replace function app.lease_webhook_deliveries(most integer, per_endpoint integer, per_tenant integer, lease interval)
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
      -- whoever tried the last time did not live to say so
      if delivery.tries >= 10 then
        update public.webhook_deliveries d set state = 'failed', ended_at = now(), lease_id = null, leased_until = null
          where d.tenant_id = delivery.tenant_id and d.id = delivery.id;
        continue;
      end if;
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
