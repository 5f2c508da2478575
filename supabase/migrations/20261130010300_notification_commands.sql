-- What people do with what they are told, and what nobody asks for: to-dos that are due, keys that end, and forgetting.

-- Notes as read: those named, or with null all up to a place (null: all there are). Only one's own, and only what one is
-- shown. Answers how many were unread.
create function app.read_notifications(notifications uuid[], until bigint) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  readable constant uuid[] := app.datasets_with('read');
  affected integer;
begin
  if app.may('notification:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission notification:write';
  end if;
  update public.notifications n set read_at = now()
    where n.tenant_id = tenant and n.user_id = app.user_id() and n.place is not null and n.read_at is null
      and (n.dataset_id is null or n.dataset_id = any (readable))
      and (notifications is null or n.id = any (notifications)) and (until is null or n.place <= until);
  get diagnostics affected = row_count;
  return affected;
end $$;

-- Sets what somebody is told of, for one organization. What already waits for a digest that they no longer want is let go.
create function app.write_preference(tenant uuid, person uuid, event_type text, to_inbox boolean, by_mail text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.notification_preferences as p (tenant_id, user_id, type, inbox, mail)
    select tenant, person, t.name, coalesce(to_inbox, t.default_inbox), coalesce(by_mail, t.default_mail)
      from public.event_types t where t.name = event_type
    on conflict on constraint notification_preferences_pkey do update
      set inbox = coalesce(to_inbox, p.inbox), mail = coalesce(by_mail, p.mail), updated_at = now();
  if by_mail = 'off' then
    update public.notifications n set digest = null
      where n.tenant_id = tenant and n.user_id = person and n.type = event_type and n.digest is not null and n.mail_id is null;
  end if;
end $$;

-- The caller's own choice; null leaves the inbox or mail as it is. GR412: what concerns one's safety is always in the inbox.
create function app.set_notification_preference(event_type text, to_inbox boolean, by_mail text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  kind public.event_types;
begin
  if app.may('notification:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission notification:write';
  end if;
  select * into kind from public.event_types t where t.name = event_type;
  if kind.name is null then
    raise exception using errcode = 'GR404', message = 'no such event type';
  end if;
  if kind.is_required and to_inbox is false then
    raise exception using errcode = 'GR412', message = 'this concerns your safety: it is always in the inbox';
  end if;
  perform app.write_preference(tenant, app.user_id(), event_type, to_inbox, by_mail);
end $$;

-- By the link of a mail, without signing in: no more mails about what stood in it. As often as one likes, for a month.
create function app.unsubscribe(hash bytea) returns table (person uuid, tenant uuid, types text[])
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail identity.mails;
  event_type text;
begin
  select m.* into mail from identity.mail_tokens t join identity.mails m on m.id = t.mail_id
    where t.token_hash = hash and m.purpose in ('notification', 'digest') and m.expires_at > now();
  if mail.id is null then
    raise exception using errcode = 'GR400', message = 'the link is not valid any more';
  end if;
  types := '{}';
  for event_type in select distinct n.type from public.notifications n where n.mail_id = mail.id order by n.type loop
    perform app.write_preference(mail.tenant_id, mail.user_id, event_type, null, 'off');
    types := types || event_type;
  end loop;
  person := mail.user_id;
  tenant := mail.tenant_id;
  return next;
end $$;

-- What became due by itself, each once: to-dos whose day has come, keys that end within a week. `moment`: now. What has been
-- due for a week is not looked at: by then it was told of, and the outbox may have forgotten it.
create function app.emit_due_events(moment timestamptz) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  today constant date := (moment at time zone 'UTC')::date;
  emitted integer := 0;
  due record;
begin
  for due in
    select t.tenant_id, t.id, t.due_on, t.entity_id from public.todos t
      join public.organizations o on o.id = t.tenant_id and o.closed_at is null
      where t.completed_at is null and t.due_on between today - 7 and today
        and not exists (select from public.outbox_events e where e.tenant_id = t.tenant_id and e.type = 'todo.due'
          and e.once = format('%s on %s', t.id, t.due_on))
  loop
    if app.emit_event(due.tenant_id, 'todo.due', 'todo', due.id::text, jsonb_build_object('dueOn', due.due_on),
        format('%s on %s', due.id, due.due_on)) is not null then
      emitted := emitted + 1;
    end if;
  end loop;
  for due in
    select k.tenant_id, k.id, k.user_id, k.expires_at from public.api_keys k
      join public.organizations o on o.id = k.tenant_id and o.closed_at is null
      where k.revoked_at is null and k.is_active and k.expires_at > moment and k.expires_at <= moment + interval '7 days'
        -- one that was meant to live for a few days, or has a successor, surprises nobody
        and k.expires_at - k.created_at > interval '8 days'
        and not exists (select from public.api_keys successor where successor.tenant_id = k.tenant_id and successor.rotated_from = k.id)
        and not exists (select from public.outbox_events e where e.tenant_id = k.tenant_id and e.type = 'api_key.expiring'
          and e.once = format('%s at %s', k.id, extract(epoch from k.expires_at)))
  loop
    if app.emit_event(due.tenant_id, 'api_key.expiring', 'api_key', due.id::text,
        jsonb_build_object('userId', due.user_id, 'expiresAt', due.expires_at),
        format('%s at %s', due.id, extract(epoch from due.expires_at))) is not null then
      emitted := emitted + 1;
    end if;
  end loop;
  return emitted;
end $$;
create index todos_due on public.todos (due_on) where completed_at is null and due_on is not null;
create index api_keys_expiry on public.api_keys (expires_at) where revoked_at is null and expires_at is not null;

-- Mails of notifications whose job has given up, because the mail server was away for longer than it tries: for three days they
-- are tried again. Answers how many.
create function app.resend_notices() returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail uuid;
  sent integer := 0;
begin
  for mail in
    select m.id from identity.mails m
    where m.purpose in ('notification', 'digest') and m.sent_at is null
      and m.created_at between now() - interval '3 days' and now() - interval '10 minutes'
      and not exists (select from jobs.job j where j.name = 'mail.send' and j.state in ('created', 'retry', 'active')
        and j.data #>> '{input,mailId}' = m.id::text)
    for update skip locked
  loop
    perform app.enqueue_system('mail.send', jsonb_build_object('mailId', mail));
    sent := sent + 1;
  end loop;
  return sent;
end $$;
create index mails_unsent on identity.mails (created_at) where sent_at is null and purpose in ('notification', 'digest');

-- Lets go of what has had its time, at most so many rows of each kind; answers how many it were.
create function app.retire_notifications(most integer) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  affected integer;
  total integer := 0;
begin
  delete from public.notifications n where n.ctid = any (array(
    select old.ctid from public.notifications old where old.read_at < now() - interval '90 days' limit most));
  get diagnostics affected = row_count;
  total := total + affected;
  -- was mailed, and never stood in an inbox
  delete from public.notifications n where n.ctid = any (array(
    select old.ctid from public.notifications old where old.place is null and old.created_at < now() - interval '90 days'
      and (old.digest is null or old.mail_id is not null) limit most));
  get diagnostics affected = row_count;
  total := total + affected;
  delete from public.outbox_events e where e.ctid = any (array(
    select old.ctid from public.outbox_events old where old.dispatched_at < now() - interval '30 days' limit most));
  get diagnostics affected = row_count;
  total := total + affected;
  -- could not be handed on for a month, which the log said every hour
  delete from public.outbox_events e where e.dispatched_at is null and e.attempts > 0 and e.created_at < now() - interval '30 days';
  delete from public.notification_digests d where d.ended_on < (now() - interval '30 days')::date;
  return total;
end $$;

-- As before; and what they were told in it goes with who leaves an organization. What they chose stays, for when they come back.
create function app.forget_inbox() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.notifications n where n.tenant_id = new.tenant_id and n.user_id = new.user_id;
  return null;
end $$;
create trigger forget_inbox after update of left_at on public.memberships for each row
  when (old.left_at is null and new.left_at is not null) execute function app.forget_inbox();

-- Of an account that is deleted nothing of the kind is left. (Its address is taken from it by app.delete_user.)
create function app.forget_notified() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.notifications n where n.user_id = new.id;
  delete from public.notification_preferences p where p.user_id = new.id;
  delete from public.notification_digests d where d.user_id = new.id;
  delete from public.notification_inboxes i where i.user_id = new.id;
  delete from identity.mails m where m.user_id = new.id and m.purpose in ('notification', 'digest');
  return null;
end $$;
create trigger forget_notified after update of email on public.users for each row
  when (new.email = new.id::text || '@deleted.invalid') execute function app.forget_notified();

revoke all on function app.read_notifications, app.write_preference, app.set_notification_preference, app.unsubscribe,
  app.emit_due_events, app.resend_notices, app.retire_notifications, app.forget_inbox, app.forget_notified from public;
grant execute on function app.read_notifications, app.set_notification_preference to granary_member;
grant execute on function app.unsubscribe to granary_identity;
grant execute on function app.emit_due_events, app.resend_notices, app.retire_notifications to granary_worker;
