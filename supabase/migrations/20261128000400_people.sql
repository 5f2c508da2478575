-- People, by who runs the installation and by themselves. A person is never deleted from under what they made: the row stays,
-- with nothing in it that says who it was.

create policy users_operator on public.users for select to granary_identity
  using (exists (select from identity.operators o where o.user_id = (select app.user_id())));

create function app.require_operator() returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from identity.operators o join public.users u on u.id = o.user_id and u.is_active
                 where o.user_id = app.user_id()) then
    raise exception using errcode = 'GR403', message = 'only who runs the installation may do this';
  end if;
end $$;

create function app.create_user(email text, username text, name text, valid_for interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
begin
  perform app.require_operator();
  insert into public.users (email, username, name) values (create_user.email, create_user.username, create_user.name)
    on conflict do nothing returning id into person;
  if person is null then
    raise exception using errcode = 'GR409', message = 'another account has this address or user name';
  end if;
  perform app.post_mail('password_reset', create_user.email, person, null, valid_for);
  return person;
end $$;

create function app.update_user(person uuid, username text, name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if person is distinct from app.user_id() then
    perform app.require_operator();
  end if;
  update public.users u set username = update_user.username, name = update_user.name, updated_at = now() where u.id = person;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such person';
  end if;
exception
  when unique_violation then
    raise exception using errcode = 'GR409', message = 'another account has this user name';
end $$;

-- The organizations that would have no active owner without this person. Locks them: ask before a change, in its transaction.
create function app.sole_ownerships(person uuid) returns text[]
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.organizations o where o.id in (select m.tenant_id from public.memberships m where m.user_id = person)
    order by o.id for update;
  return array(
    select o.name from public.organizations o
    join public.roles r on r.tenant_id = o.id and r.is_builtin and r.name = 'owner'
    join public.user_roles mine on mine.tenant_id = o.id and mine.role_id = r.id and mine.user_id = person
    where not exists (
      select from public.user_roles g join public.users u on u.id = g.user_id and u.is_active
      where g.tenant_id = o.id and g.role_id = r.id and g.user_id <> person)
    order by o.name);
end $$;

-- Sessions and links that were mailed end at once. API keys hold for active members alone, so they need no word here.
create function app.end_credentials(person uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update identity.sessions s set revoked_at = now() where s.user_id = person and s.revoked_at is null;
  update identity.mails m set used_at = now() where m.user_id = person and m.used_at is null and m.expires_at is not null;
end $$;

create function app.set_user_active(person uuid, active boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  orphans text[];
begin
  perform app.require_operator();
  if not active then
    orphans := app.sole_ownerships(person);
    if cardinality(orphans) > 0 then
      raise exception using errcode = 'GR409', message = format('they alone own %s: have it handed over first', array_to_string(orphans, ', '));
    end if;
  end if;
  update public.users u set is_active = active, updated_at = now() where u.id = person and u.email not like '%@deleted.invalid';
  if not found then
    raise exception using errcode = 'GR404', message = 'no such person';
  end if;
  if not active then
    perform app.end_credentials(person);
  end if;
end $$;

-- Deletes a person: the caller, or for who runs the installation anybody. What they own has to be handed over before, by
-- leaving each organization: nothing is given to somebody by default.
create function app.delete_user(person uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  organizations text[];
begin
  if person is distinct from app.user_id() then
    perform app.require_operator();
  end if;
  perform from public.users u where u.id = person for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such person';
  end if;
  organizations := array(select o.name from public.memberships m join public.organizations o on o.id = m.tenant_id
    where m.user_id = person and m.left_at is null order by 1);
  if cardinality(organizations) > 0 then
    raise exception using errcode = 'GR409',
      message = format('leave %s first, naming who is to own what is yours there', array_to_string(organizations, ', ')),
      detail = jsonb_build_object('organizations', organizations)::text;
  end if;
  perform app.end_credentials(person);
  delete from identity.accounts a where a.user_id = person;
  delete from identity.second_factors f where f.user_id = person;
  delete from identity.operators o where o.user_id = person;
  delete from identity.sessions s where s.user_id = person;
  update public.users u set email = person::text || '@deleted.invalid', username = null, name = '', is_active = false,
    email_verified_at = null, updated_at = now() where u.id = person;
end $$;

-- The link goes to the new address, so that following it shows that it is theirs.
create function app.request_email_change(address text, valid_for interval) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update identity.mails m set used_at = now()
    where m.user_id = app.user_id() and m.purpose = 'email_change' and m.used_at is null;
  perform app.post_mail('email_change', address, app.user_id(), null, valid_for);
end $$;

create function app.change_email(hash bytea) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('email_change', hash);
  former text;
begin
  select u.email into former from public.users u where u.id = mail.user_id and u.is_active for update;
  if former is null then
    raise exception using errcode = 'GR400', message = 'the link is not valid any more: it was used, or has expired';
  end if;
  update public.users u set email = mail.recipient, email_verified_at = now(), updated_at = now() where u.id = mail.user_id;
  -- links to the former address open nothing any more
  update identity.mails m set used_at = now()
    where m.user_id = mail.user_id and m.purpose = 'password_reset' and m.used_at is null;
  perform app.post_mail('email_changed', former, mail.user_id, null, null);
  return mail.user_id;
exception
  when unique_violation then
    raise exception using errcode = 'GR409', message = 'another account has this address';
end $$;

revoke all on function app.require_operator, app.create_user, app.update_user, app.sole_ownerships, app.end_credentials,
  app.set_user_active, app.delete_user, app.request_email_change, app.change_email from public;
grant execute on function app.create_user, app.update_user, app.set_user_active, app.delete_user, app.request_email_change,
  app.change_email to granary_identity;
