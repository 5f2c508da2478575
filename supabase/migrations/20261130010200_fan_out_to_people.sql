-- Who is told of an event, and how: into the inbox, into a mail, into a digest; once for each person and event.

-- Who has a permission in an organization by their roles.
create function app.members_with(tenant uuid, permission text) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select distinct g.user_id from public.user_roles g
    join public.role_permissions p on p.tenant_id = g.tenant_id and p.role_id = g.role_id
    where g.tenant_id = tenant and p.permission = members_with.permission);
end $$;

-- Whom a dataset was shared with for this, alone or by a role, and its owner. What they may is may_as' to say.
create function app.holders_of(tenant uuid, dataset uuid, access app.dataset_access) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset
    union
    select coalesce(s.user_id, g.user_id) from public.dataset_shares s
    left join public.user_roles g on g.tenant_id = s.tenant_id and g.role_id = s.role_id
    where s.tenant_id = tenant and s.dataset_id = dataset and s.access >= holders_of.access
      and coalesce(s.user_id, g.user_id) is not null);
end $$;

-- The dataset that an event tells of, which whoever is told of it has to be allowed to read.
create function app.dataset_of(event public.outbox_events) returns uuid
  language plpgsql immutable set search_path = '' as $$
begin
  return case when event.subject_type = 'dataset' then event.subject_id::uuid else (event.data ->> 'datasetId')::uuid end;
end $$;

-- Whom an event concerns, as things are now: a to-do that was given on concerns its former assignee no more. A type that is
-- added gets its line here.
create function app.concerned_by(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenant constant uuid := event.tenant_id;
  dataset constant uuid := app.dataset_of(event);
  todo public.todos;
begin
  if event.subject_type = 'todo' then
    select * into todo from public.todos t where t.tenant_id = tenant and t.id = event.subject_id::uuid;
  end if;
  return case event.type
    when 'dataset.loaded' then array(select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset)
      || (event.data ->> 'requestedBy')::uuid
    when 'dataset.load_failed' then array(select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset)
      || (event.data ->> 'requestedBy')::uuid
    when 'dataset.rows_quarantined' then app.holders_of(tenant, dataset, 'write') || (event.data ->> 'requestedBy')::uuid
    when 'dataset.shared' then array(
      select (event.data ->> 'userId')::uuid
      union
      select g.user_id from public.user_roles g where g.tenant_id = tenant and g.role_id = (event.data ->> 'roleId')::uuid)
    when 'dataset.identifiers_destroyed' then
      case when dataset is null then app.members_with(tenant, 'encryption:admin') else app.holders_of(tenant, dataset, 'admin') end
    when 'export.ready' then array[(event.data ->> 'requestedBy')::uuid]
    when 'export.failed' then array[(event.data ->> 'requestedBy')::uuid]
    when 'todo.assigned' then array[todo.assignee_id]
    when 'todo.completed' then case when todo.completed_at is not null then array[todo.owner_id] end
    when 'todo.due' then case when todo.completed_at is null then array[coalesce(todo.assignee_id, todo.owner_id)] end
    when 'member.joined' then array[(event.data ->> 'invitedBy')::uuid]
    when 'member.roles_changed' then array[event.subject_id::uuid]
    when 'member.removed' then array[event.subject_id::uuid]
    when 'api_key.created' then array[(event.data ->> 'userId')::uuid]
    when 'api_key.expiring' then array[(event.data ->> 'userId')::uuid]
    when 'plan.limit_reached' then app.members_with(tenant, 'organization:write')
    when 'plan.changed' then app.members_with(tenant, 'organization:write')
    when 'webhook.disabled' then app.members_with(tenant, 'webhook:write')
  end;
end $$;

-- Whether somebody may be told now. Asked when the event is handed on, and again when a mail is written: access may have been
-- taken in between, and they may have left. The policy on notifications says the same of the inbox.
create function app.may_be_told(tenant uuid, person uuid, type text, dataset uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return exists (
      select from public.memberships m
      join public.users u on u.id = m.user_id and u.is_active
      join public.organizations o on o.id = m.tenant_id and o.closed_at is null
      where m.tenant_id = tenant and m.user_id = person and (m.left_at is not null) = (may_be_told.type = 'member.removed'))
    and (dataset is null or app.may_as(jsonb_build_object('sub', person, 'tenant_id', tenant), 'dataset:read', tenant, dataset));
end $$;

-- Who is told of an event.
create function app.recipients_of(event public.outbox_events) returns setof uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
  tells_actor boolean;
begin
  select t.tells_actor into strict tells_actor from public.event_types t where t.name = event.type;
  for person in select distinct each from unnest(app.concerned_by(event)) each where each is not null order by each loop
    if (tells_actor or person is distinct from event.actor_id)
      and app.may_be_told(event.tenant_id, person, event.type, app.dataset_of(event)) then
      return next person;
    end if;
  end loop;
end $$;

alter table identity.mails
  drop constraint mails_purpose_check,
  add constraint mails_purpose_check check (purpose in ('activation', 'already_registered', 'password_reset', 'no_account',
    'email_change', 'email_changed', 'password_changed', 'invitation', 'organization_deleted', 'organization_restored',
    'notification', 'digest')),
  drop constraint mails_link,
  add constraint mails_link check ((purpose in ('activation', 'password_reset', 'email_change', 'invitation', 'notification', 'digest'))
    = (expires_at is not null)),
  -- since when nothing more is written into it
  add column closed_at timestamptz;
create index mails_open on identity.mails (tenant_id, user_id) where purpose = 'notification' and closed_at is null;

-- A mail to a member, whose link, to have no more of them, is good for a month.
create function app.post_notices(tenant uuid, person uuid, purpose text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail uuid;
begin
  insert into identity.mails (purpose, recipient, user_id, tenant_id, expires_at)
    select post_notices.purpose, u.email, u.id, tenant, now() + interval '30 days' from public.users u where u.id = person
    returning id into strict mail;
  perform app.enqueue_system('mail.send', jsonb_build_object('mailId', mail));
  return mail;
end $$;

-- The mail that is to tell somebody at once: one that is still being written, so that a hundred events do not become a hundred
-- mails, or a new one.
create function app.open_notices(tenant uuid, person uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail uuid;
begin
  select m.id into mail from identity.mails m
    where m.tenant_id = tenant and m.user_id = person and m.purpose = 'notification' and m.closed_at is null
    limit 1 for update skip locked;
  return coalesce(mail, app.post_notices(tenant, person, 'notification'));
end $$;

-- Tells everybody whom an event concerns in the way that they chose.
create function app.fan_out_to_people(event uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  told public.outbox_events;
  kind public.event_types;
  person uuid;
  to_inbox boolean;
  by_mail text;
  notification uuid;
begin
  select * into strict told from public.outbox_events e where e.id = event;
  select * into strict kind from public.event_types t where t.name = told.type;
  for person in select * from app.recipients_of(told) loop
    -- who is being removed at this moment is waited for, and then not told
    perform from public.memberships m
      where m.tenant_id = told.tenant_id and m.user_id = person and (m.left_at is not null) = (told.type = 'member.removed') for share;
    continue when not found;
    select coalesce(p.inbox, kind.default_inbox) or kind.is_required, coalesce(p.mail, kind.default_mail) into to_inbox, by_mail
      from (select) as one left join public.notification_preferences p
        on p.tenant_id = told.tenant_id and p.user_id = person and p.type = told.type;
    continue when by_mail = 'off' and not to_inbox;
    insert into public.notifications (tenant_id, user_id, event_id, type, actor_id, subject_type, subject_id, data, dataset_id, created_at, digest)
      values (told.tenant_id, person, told.id, told.type, told.actor_id, told.subject_type, told.subject_id, told.data,
        app.dataset_of(told), told.created_at, case when by_mail in ('daily', 'weekly') then by_mail end)
      on conflict (tenant_id, user_id, event_id) do nothing returning id into notification;
    continue when notification is null;
    if to_inbox then
      with counted as (
        insert into public.notification_inboxes as i (tenant_id, user_id, last_place) values (told.tenant_id, person, 1)
          on conflict on constraint notification_inboxes_pkey do update set last_place = i.last_place + 1 returning last_place
      )
      update public.notifications n set place = c.last_place from counted c where n.tenant_id = told.tenant_id and n.id = notification;
    end if;
    if by_mail = 'immediate' then
      update public.notifications n set mail_id = app.open_notices(told.tenant_id, person)
        where n.tenant_id = told.tenant_id and n.id = notification;
    end if;
  end loop;
end $$;

-- What a mail tells its reader, oldest first, with what things are called now; of what they may not see any more, nothing.
create function app.notices_in(mail uuid) returns table (type text, subject_id text, data jsonb, created_at timestamptz,
    actor_name text, dataset_name text, todo_title text, key_name text)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query
    select n.type, n.subject_id, n.data, n.created_at, nullif(actor.name, ''), d.name, t.title, k.name
    from public.notifications n
    left join public.users actor on actor.id = n.actor_id
    left join public.datasets d on d.tenant_id = n.tenant_id and d.id = n.dataset_id
    left join public.todos t on t.tenant_id = n.tenant_id
      and t.id = case when n.subject_type = 'todo' then n.subject_id::uuid end and n.user_id in (t.owner_id, t.assignee_id)
    left join public.api_keys k on k.tenant_id = n.tenant_id
      and k.id = case when n.subject_type = 'api_key' then n.subject_id::uuid end and k.user_id = n.user_id
    where n.mail_id = mail and app.may_be_told(n.tenant_id, n.user_id, n.type, n.dataset_id)
    order by n.created_at, n.id;
end $$;

-- As before; and what tells of events is closed by being prepared, goes to where its reader has their mail now, and is not sent
-- where nothing is left that they may be told.
create or replace function app.prepare_mail(mail uuid, hash bytea)
  returns table (purpose text, recipient text, name text, expires_at timestamptz, organization text, erased_after timestamptz)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found identity.mails;
  tells_of_events boolean;
begin
  select * into found from identity.mails m where m.id = mail and m.sent_at is null for update;
  if found is null then
    return;
  end if;
  tells_of_events := found.purpose in ('notification', 'digest');
  if tells_of_events then
    update identity.mails m set closed_at = coalesce(m.closed_at, now()) where m.id = mail;
    if not exists (select from app.notices_in(mail)) then
      update identity.mails m set sent_at = now() where m.id = mail;
      return;
    end if;
  end if;
  if found.expires_at is not null then
    insert into identity.mail_tokens (token_hash, mail_id) values (hash, mail);
  end if;
  -- an invitation calls the organization by its name, the others their reader
  return query select found.purpose, case when tells_of_events then u.email else found.recipient end,
      case when found.purpose = 'invitation' then o.name else coalesce(u.name, r.name, '') end, found.expires_at, o.name, o.erase_after
    from (select) as one
    left join public.organizations o on o.id = found.tenant_id
    left join public.users u on u.id = found.user_id
    left join identity.registrations r on r.id = found.registration_id
    -- restored before anybody was told
    where found.purpose <> 'organization_deleted' or o.closed_at is not null;
end $$;

-- The digests that are due: of each period that ended before `moment` (days and weeks of UTC), one for each person, with what
-- has come until its end and no mail has told of, from however long before. At most so many; answers how many.
create function app.make_digests(moment timestamptz, most integer) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  due record;
  mail uuid;
  made integer := 0;
begin
  for due in
    select n.tenant_id, n.user_id, n.digest, ended.at
    from (values ('daily', date_trunc('day', moment at time zone 'UTC') at time zone 'UTC'),
      ('weekly', date_trunc('week', moment at time zone 'UTC') at time zone 'UTC')) as ended (digest, at)
    join public.notifications n on n.digest = ended.digest and n.mail_id is null and n.created_at < ended.at
    where not exists (select from public.notification_digests d where d.tenant_id = n.tenant_id and d.user_id = n.user_id
      and d.digest = n.digest and d.ended_on = (ended.at at time zone 'UTC')::date)
    group by 1, 2, 3, 4 order by 1, 2, 3 limit most
  loop
    -- of two workers the second waits here, and then finds it made
    insert into public.notification_digests (tenant_id, user_id, digest, ended_on)
      values (due.tenant_id, due.user_id, due.digest, (due.at at time zone 'UTC')::date) on conflict do nothing;
    continue when not found;
    mail := app.post_notices(due.tenant_id, due.user_id, 'digest');
    update public.notifications n set mail_id = mail
      where n.tenant_id = due.tenant_id and n.user_id = due.user_id and n.digest = due.digest and n.mail_id is null
        and n.created_at < due.at;
    made := made + 1;
  end loop;
  return made;
end $$;

revoke all on function app.members_with, app.holders_of, app.dataset_of, app.concerned_by, app.may_be_told, app.recipients_of,
  app.post_notices, app.open_notices, app.fan_out_to_people, app.notices_in, app.make_digests from public;
grant execute on function app.notices_in, app.make_digests to granary_worker;
