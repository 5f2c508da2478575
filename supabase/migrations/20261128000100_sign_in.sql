-- What the identity login may do to people, each command checking for itself what it needs; and sessions beside API keys
-- as a credential that every opening of a session looks up.

-- Claims: token_id is the id of a session's token, as key_id is of an API key. Both are looked up whenever a session is
-- opened and whenever a policy asks, so that a revocation holds at the next statement.
create function app.session_holds(token uuid, me uuid, active uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from identity.session_tokens t join identity.sessions s on s.id = t.session_id
    where t.id = token and s.user_id = me and t.tenant_id is not distinct from active
      and (t.superseded_at is null or t.superseded_at > now() - interval '1 minute')
      and s.revoked_at is null and s.expires_at > now());
end $$;

create or replace function app.may(permission text, tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  key constant uuid := claims ->> 'key_id';
  token constant uuid := claims ->> 'token_id';
begin
  return (active is null or active = tenant)
    and exists (
      select from public.user_roles granted
      join public.role_permissions allowed on allowed.tenant_id = tenant and allowed.role_id = granted.role_id
      join public.users person on person.id = me
      where granted.user_id = me and granted.tenant_id = tenant and person.is_active and allowed.permission = may.permission)
    and (key is null or (active is not null and exists (
      select from public.api_keys k
      where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now()) and may.permission = any (k.scopes))))
    and (token is null or app.session_holds(token, me, active));
end $$;

create or replace function app.open_session(permission text) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  me constant uuid := (claims ->> 'sub')::uuid;
  active constant uuid := (claims ->> 'tenant_id')::uuid;
  key constant uuid := (claims ->> 'key_id')::uuid;
  token constant uuid := (claims ->> 'token_id')::uuid;
begin
  if permission is not null and app.may(permission, active) then
    return;
  end if;
  if not exists (select from public.users u where u.id = me and u.is_active) then
    raise exception using errcode = 'GR401', message = 'not signed in, or the account is not active';
  end if;
  if key is not null and not exists (
    select from public.api_keys k
    where k.id = key and k.user_id = me and k.tenant_id = active and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now())
  ) then
    raise exception using errcode = 'GR401', message = 'the API key was revoked or has expired';
  end if;
  if token is not null and not app.session_holds(token, me, active) then
    raise exception using errcode = 'GR401', message = 'the session has ended';
  end if;
  if active is not null and not exists (
    select from public.memberships m where m.tenant_id = active and m.user_id = me
  ) then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
  if permission is not null then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
end $$;
grant execute on function app.open_session to granary_identity;

-- Whose token this is, for the right hash alone. It was received, so what came before it in its session may end.
create function app.resume_session(hash bytea)
  returns table (token_id uuid, session_id uuid, user_id uuid, tenant_id uuid, issued_at timestamptz, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found record;
begin
  select t.id, t.session_id, s.user_id, t.tenant_id, t.issued_at, s.expires_at into found
    from identity.session_tokens t join identity.sessions s on s.id = t.session_id where t.token_hash = hash;
  if found is null then
    return;
  end if;
  update identity.session_tokens t set superseded_at = now()
    where t.session_id = found.session_id and t.issued_at < found.issued_at and t.superseded_at is null;
  return query select found.id, found.session_id, found.user_id, found.tenant_id, found.issued_at, found.expires_at;
end $$;

-- A successor for a token, by whoever comes first; nothing for the others, whose token goes on holding until the successor
-- is used. A successor that never arrived is made again after a minute.
create function app.renew_session(token uuid, hash bytea, idle interval) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  renewed record;
begin
  update identity.session_tokens t set renewed_at = now()
    from identity.sessions s
    where t.id = token and s.id = t.session_id and s.revoked_at is null and s.expires_at > now() and t.superseded_at is null
      and (t.renewed_at is null or t.renewed_at < now() - interval '1 minute')
    returning t.session_id, t.tenant_id into renewed;
  if renewed is null then
    return false;
  end if;
  insert into identity.session_tokens (token_hash, session_id, tenant_id) values (hash, renewed.session_id, renewed.tenant_id);
  update identity.sessions s set expires_at = least(now() + idle, s.absolute_expires_at), last_seen_at = now()
    where s.id = renewed.session_id;
  return true;
end $$;

-- The organization that somebody worked in last, of those that they still belong to.
create function app.home_of(person uuid) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select m.tenant_id from public.memberships m
    left join lateral (
      select max(t.issued_at) as at from identity.session_tokens t join identity.sessions s on s.id = t.session_id
      where s.user_id = person and t.tenant_id = m.tenant_id) used on true
    where m.user_id = person
    order by used.at desc nulls last, m.created_at limit 1);
end $$;

-- What a name and a password are compared with. By address or user name, whatever their case.
create function app.find_password(login text) returns table (user_id uuid, is_active boolean, password text)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select u.id, u.is_active, a.password
    from public.users u join identity.accounts a on a.user_id = u.id and a.provider_id = 'password'
    where lower(u.email) = lower(login) or lower(u.username) = lower(login);
end $$;

create function app.flag_is_on(codename text) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select f.is_active from public.feature_flags f where f.codename = flag_is_on.codename), false);
end $$;

-- A mail and the job that sends it, in the caller's transaction.
create function app.post_mail(purpose text, recipient text, person uuid, registration uuid, valid_for interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail_id uuid;
begin
  insert into identity.mails (purpose, recipient, user_id, registration_id, expires_at)
    values (purpose, recipient, person, registration, now() + valid_for) returning id into mail_id;
  perform app.enqueue_system('mail.send', jsonb_build_object('mailId', mail_id));
  return mail_id;
end $$;

-- Answers nothing, so that nobody learns by it whether an address has an account: its owner is told by mail.
create function app.register(email text, username text, name text, password text, valid_for interval) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  registration uuid;
  person uuid;
begin
  if not app.flag_is_on('FF_ENABLE_REGISTRATION') then
    raise exception using errcode = 'GR403', message = 'registration is not open';
  end if;
  select u.id into person from public.users u where lower(u.email) = lower(register.email);
  if person is not null then
    perform app.post_mail('already_registered', register.email, person, null, null);
    return;
  end if;
  insert into identity.registrations (email, username, name, password)
    values (register.email, register.username, register.name, register.password) returning id into registration;
  perform app.post_mail('activation', register.email, null, registration, valid_for);
end $$;

-- The mail whose link this is, used up; null when it was used, has expired or never was.
create function app.use_mail_token(purpose text, hash bytea) returns identity.mails
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail identity.mails;
begin
  update identity.mails m set used_at = now()
    from identity.mail_tokens t
    where t.token_hash = hash and m.id = t.mail_id and m.purpose = use_mail_token.purpose
      and m.used_at is null and m.expires_at > now()
    returning m.* into mail;
  if mail is null then
    raise exception using errcode = 'GR400', message = 'the link is not valid any more: it was used, or has expired';
  end if;
  return mail;
end $$;

-- The account of a registration whose link was followed. A user name that somebody else took meanwhile is left out.
create function app.activate(hash bytea, default_tenant uuid, default_role text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('activation', hash);
  wanted identity.registrations;
  person uuid;
begin
  select * into wanted from identity.registrations r where r.id = mail.registration_id;
  insert into public.users (email, username, name, email_verified_at)
    values (wanted.email, case when exists (select from public.users u where lower(u.username) = lower(wanted.username))
        then null else wanted.username end, wanted.name, now())
    on conflict do nothing returning id into person;
  if person is null then
    raise exception using errcode = 'GR409', message = 'this address has an account already: sign in';
  end if;
  insert into identity.accounts (user_id, provider_id, account_id, password)
    values (person, 'password', person::text, wanted.password);
  delete from identity.registrations r where lower(r.email) = lower(wanted.email);
  perform app.join_default(person, default_tenant, default_role);
  return person;
end $$;

-- Always answers alike: an address without an account, or whose account is not active, gets a mail that says so.
create function app.request_password_reset(email text, valid_for interval) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
begin
  select u.id into person from public.users u where lower(u.email) = lower(request_password_reset.email) and u.is_active;
  if person is null then
    perform app.post_mail('no_account', email, null, null, null);
  else
    perform app.post_mail('password_reset', email, person, null, valid_for);
  end if;
end $$;

-- A new password; every session ends, and every other link that could set one.
create function app.set_password(person uuid, password text, kept_session uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into identity.accounts (user_id, provider_id, account_id, password)
    values (person, 'password', person::text, set_password.password)
    on conflict (provider_id, account_id) do update set password = excluded.password, updated_at = now();
  update identity.sessions s set revoked_at = now()
    where s.user_id = person and s.revoked_at is null and s.id is distinct from kept_session;
  update identity.mails m set used_at = now()
    where m.user_id = person and m.purpose = 'password_reset' and m.used_at is null;
  perform app.post_mail('password_changed', u.email, person, null, null) from public.users u where u.id = person;
end $$;

create function app.reset_password(hash bytea, password text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('password_reset', hash);
begin
  if not exists (select from public.users u where u.id = mail.user_id and u.is_active) then
    raise exception using errcode = 'GR400', message = 'the link is not valid any more: it was used, or has expired';
  end if;
  perform app.set_password(mail.user_id, password, null);
  return mail.user_id;
end $$;

-- The caller's own new password; the session that they are in goes on.
create function app.change_password(password text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  here uuid;
begin
  select t.session_id into here from identity.session_tokens t where t.id = (app.claims() ->> 'token_id')::uuid;
  if app.user_id() is null or here is null then
    raise exception using errcode = 'GR401', message = 'not signed in';
  end if;
  perform app.set_password(app.user_id(), password, here);
end $$;

-- Work of the installation rather than of an organization: only definer functions queue it.
create function app.enqueue_system(queue text, input jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  job_id uuid;
begin
  insert into jobs.job (name, data, policy, dead_letter, expire_seconds, deletion_seconds, keep_until, retry_limit, retry_delay,
      retry_backoff, retry_delay_max, heartbeat_seconds)
    select q.name, jsonb_build_object('input', input), q.policy, q.dead_letter, q.expire_seconds, q.deletion_seconds,
      now() + q.retention_seconds * interval '1s', q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max,
      q.heartbeat_seconds
    from jobs.queue q where q.name = queue
    returning id into strict job_id;
  return job_id;
end $$;

select jobs.create_queue('mail.send', '{"policy": "standard", "retryLimit": 8, "retryDelay": 5, "retryBackoff": true,
  "retryDelayMax": 3600, "expireInSeconds": 300, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- What the worker has to send, and a new token for its link where there is one. Nothing once it was sent.
create function app.prepare_mail(mail uuid, hash bytea)
  returns table (purpose text, recipient text, name text, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found identity.mails;
begin
  select * into found from identity.mails m where m.id = mail and m.sent_at is null for update;
  if found is null then
    return;
  end if;
  if found.expires_at is not null then
    insert into identity.mail_tokens (token_hash, mail_id) values (hash, mail);
  end if;
  return query select found.purpose, found.recipient, coalesce(u.name, r.name, ''), found.expires_at
    from (select) as one
    left join public.users u on u.id = found.user_id
    left join identity.registrations r on r.id = found.registration_id;
end $$;

create function app.mail_was_sent(mail uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update identity.mails m set sent_at = now() where m.id = mail;
end $$;

-- What nobody can use any more, with a day's grace for whoever looks into it.
create function app.expire_credentials() returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from identity.sessions s where s.expires_at < now() - interval '1 day' or s.revoked_at < now() - interval '1 day';
  delete from identity.session_tokens t where t.superseded_at < now() - interval '1 day';
  delete from identity.registrations r where r.created_at < now() - interval '7 days';
  delete from identity.mails m where m.created_at < now() - interval '30 days';
  delete from identity.rate_limits l where l.expire < extract(epoch from now()) * 1000;
end $$;

revoke all on function app.session_holds, app.resume_session, app.renew_session, app.home_of, app.find_password, app.flag_is_on,
  app.post_mail, app.register, app.use_mail_token, app.activate, app.request_password_reset, app.set_password,
  app.change_password, app.reset_password, app.enqueue_system, app.prepare_mail, app.mail_was_sent, app.expire_credentials from public;
grant execute on function app.resume_session, app.renew_session, app.home_of, app.find_password, app.register, app.activate,
  app.request_password_reset, app.reset_password, app.change_password, app.audit to granary_identity;
grant execute on function app.prepare_mail, app.mail_was_sent, app.expire_credentials to granary_worker;

-- Somebody signed in sees themselves and where they belong, also by this login.
create policy users_identity on public.users for select to granary_identity using (id = (select app.user_id()));
create policy memberships_identity on public.memberships for select to granary_identity using (user_id = (select app.user_id()));
grant select on public.users, public.memberships to granary_identity;
