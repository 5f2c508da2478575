-- What changes webhooks. Locks are taken in one order: the member, the endpoint, its deliveries.

-- An endpoint of the active organization, locked. SQLSTATE GR403, GR404.
create function app.lock_webhook(webhook uuid) returns public.webhook_endpoints
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.webhook_endpoints;
begin
  if app.may('webhook:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission webhook:write';
  end if;
  select e.* into target from public.webhook_endpoints e where e.tenant_id = tenant and e.id = webhook for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such webhook';
  end if;
  return target;
end $$;

-- Throws GR400 for a type that there is not: somebody would wait for it for ever.
create function app.require_event_types(types text[]) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  unknown text;
begin
  select each into unknown from unnest(types) each
    where not exists (select from public.event_types t where t.name = each) limit 1;
  if found then
    raise exception using errcode = 'GR400', message = format('no such event type: %s', unknown);
  end if;
end $$;

create function app.create_webhook(webhook uuid, url text, description text, types text[], secret uuid, wrapped bytea)
  returns public.webhook_endpoints
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  created public.webhook_endpoints;
begin
  if app.may('webhook:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission webhook:write';
  end if;
  perform app.require_event_types(types);
  perform app.hold_member(tenant, app.user_id());
  insert into public.webhook_endpoints (tenant_id, id, owner_id, url, description, types)
    values (tenant, webhook, app.user_id(), create_webhook.url, create_webhook.description, create_webhook.types)
    returning * into created;
  insert into public.webhook_secrets (tenant_id, id, endpoint_id, wrapped) values (tenant, secret, webhook, create_webhook.wrapped);
  return created;
end $$;

-- `changes`: what is to be otherwise, by its name in the API; a key that is not there leaves it as it is. Who gives it another
-- address becomes its owner: otherwise what the former owner may see would be sent to wherever somebody else likes.
create function app.update_webhook(webhook uuid, changes jsonb) returns public.webhook_endpoints
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  chosen constant text[] := case when jsonb_typeof(changes -> 'types') = 'array'
    then array(select jsonb_array_elements_text(changes -> 'types')) end;
  target public.webhook_endpoints;
begin
  perform app.require_event_types(chosen);
  perform app.hold_member(tenant, app.user_id());
  target := app.lock_webhook(webhook);
  update public.webhook_endpoints e set
      url = coalesce(changes ->> 'url', e.url),
      description = coalesce(changes ->> 'description', e.description),
      types = case when changes ? 'types' then chosen else e.types end,
      owner_id = case when (changes ->> 'url') <> e.url or (changes ->> 'takeOver')::boolean then app.user_id() else e.owner_id end,
      updated_at = now()
    where e.tenant_id = tenant and e.id = webhook returning * into target;
  return target;
end $$;

create function app.delete_webhook(webhook uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.webhook_endpoints := app.lock_webhook(webhook);
begin
  delete from public.webhook_endpoints e where e.tenant_id = target.tenant_id and e.id = target.id;
end $$;

-- Whether somebody is a member who may have webhooks: what an endpoint's owner has to remain.
create function app.may_own_webhooks(tenant uuid, person uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.memberships m
    join public.users u on u.id = m.user_id and u.is_active
    join public.user_roles g on g.tenant_id = m.tenant_id and g.user_id = m.user_id
    join public.role_permissions p on p.tenant_id = g.tenant_id and p.role_id = g.role_id and p.permission = 'webhook:write'
    where m.tenant_id = tenant and m.user_id = person and m.left_at is null);
end $$;

-- By hand. What waits goes on waiting, and is sent when it is switched on again; what happens meanwhile is not kept for it.
create function app.set_webhook_active(webhook uuid, active boolean) returns public.webhook_endpoints
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.webhook_endpoints := app.lock_webhook(webhook);
begin
  if active and not app.may_own_webhooks(target.tenant_id, target.owner_id) then
    raise exception using errcode = 'GR412', message = 'whose webhook it is may have none any more: take it over first';
  end if;
  if active is distinct from target.is_active then
    update public.webhook_endpoints e set is_active = active, failing_since = null, updated_at = now(),
        disabled_at = case when not active then now() end, disabled_reason = case when not active then 'by_hand' end
      where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  end if;
  return target;
end $$;

-- Another secret. The former one signs as well until the overlap is over; where it is to end at once, none of the former ones does.
create function app.rotate_webhook_secret(webhook uuid, secret uuid, wrapped bytea, overlap interval) returns timestamptz
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.webhook_endpoints := app.lock_webhook(webhook);
  ends constant timestamptz := now() + overlap;
begin
  delete from public.webhook_secrets s where s.tenant_id = target.tenant_id and s.endpoint_id = webhook and s.expires_at <= now();
  if (select count(*) from public.webhook_secrets s where s.tenant_id = target.tenant_id and s.endpoint_id = webhook) >= 5
    and overlap > interval '0' then
    raise exception using errcode = 'GR412',
      message = 'five secrets are valid: wait until one expires, or end the former ones at once';
  end if;
  update public.webhook_secrets s set expires_at = least(s.expires_at, ends)
    where s.tenant_id = target.tenant_id and s.endpoint_id = webhook;
  insert into public.webhook_secrets (tenant_id, id, endpoint_id, wrapped)
    values (target.tenant_id, secret, webhook, rotate_webhook_secret.wrapped);
  return ends;
end $$;

-- The body that a receiver gets (Standard Webhooks): ids and counts, as the outbox keeps them.
create function app.webhook_payload(event public.outbox_events) returns jsonb
  language plpgsql immutable set search_path = '' as $$
begin
  return jsonb_build_object(
    'type', event.type,
    'timestamp', to_char(event.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', jsonb_build_object('eventId', event.id, 'organizationId', event.tenant_id, 'actorId', event.actor_id,
      'subjectType', event.subject_type, 'subjectId', event.subject_id, 'details', event.data));
end $$;

-- Sends an event that did not happen, to this endpoint alone.
create function app.test_webhook(webhook uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.webhook_endpoints := app.lock_webhook(webhook);
  event public.outbox_events;
  delivery uuid;
begin
  if not target.is_active then
    raise exception using errcode = 'GR412', message = 'the webhook is switched off';
  end if;
  event.tenant_id := target.tenant_id;
  event.id := app.uuidv7();
  event.type := 'webhook.test';
  event.actor_id := app.user_id();
  event.subject_type := 'webhook';
  event.subject_id := target.id::text;
  event.data := '{}';
  event.created_at := now();
  insert into public.webhook_deliveries (tenant_id, endpoint_id, event_id, type, payload, owner_id, is_private)
    values (target.tenant_id, target.id, event.id, event.type, app.webhook_payload(event), target.owner_id, false)
    returning id into delivery;
  return delivery;
end $$;

-- Sends again, under the same id: one delivery, or all that failed or were cancelled since a time. How many. What is somebody else's
-- private matter is none of those that the caller sees, and so none of these.
create function app.redeliver_webhook(webhook uuid, delivery uuid, since timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.webhook_endpoints := app.lock_webhook(webhook);
  again bigint;
begin
  if not target.is_active then
    raise exception using errcode = 'GR412', message = 'the webhook is switched off';
  end if;
  update public.webhook_deliveries d set state = 'pending', ended_at = null, tries = 0, next_attempt_at = now()
    where d.tenant_id = target.tenant_id and d.endpoint_id = target.id and (not d.is_private or d.owner_id = app.user_id())
      and case when delivery is null then d.state in ('failed', 'cancelled') and d.created_at >= since else d.id = delivery end;
  get diagnostics again = row_count;
  if delivery is not null and again = 0 then
    raise exception using errcode = 'GR404', message = 'no such delivery';
  end if;
  return again;
end $$;

-- A limit of the plan, counted where the endpoints are.
insert into public.entitlements (name, kind) values ('webhooks', 'limit');
insert into public.plan_entitlements (plan, entitlement, value)
  values ('free', 'webhooks', 2), ('team', 'webhooks', 20), ('business', 'webhooks', 200), ('unlimited', 'webhooks', null);

create or replace function app.usage_of(tenant uuid, entitlement text) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
begin
  return case entitlement
    when 'members' then (select count(*) from public.memberships m where m.tenant_id = tenant and m.left_at is null)
    when 'datasets' then (select count(*) from public.datasets d where d.tenant_id = tenant)
    when 'rows' then (select coalesce(sum(v.row_count), 0) from public.dataset_versions v where v.tenant_id = tenant and v.state = 'ready')
    when 'bytes' then app.storage_used(tenant)
    when 'webhooks' then (select count(*) from public.webhook_endpoints e where e.tenant_id = tenant)
  end;
end $$;
create trigger limit_webhooks after insert on public.webhook_endpoints for each row execute function app.count_one('webhooks');

revoke all on function app.lock_webhook, app.require_event_types, app.create_webhook, app.update_webhook, app.delete_webhook,
  app.may_own_webhooks, app.set_webhook_active, app.rotate_webhook_secret, app.webhook_payload, app.test_webhook,
  app.redeliver_webhook from public;
grant execute on function app.create_webhook, app.update_webhook, app.delete_webhook, app.set_webhook_active,
  app.rotate_webhook_secret, app.test_webhook, app.redeliver_webhook to granary_member;
