-- A new password by a mailed link or an operator's hand is what somebody asks for who fears that another is in. It ends the
-- other ways in as well: whoever knew the former password may have linked an account of Supabase that is their own. What was
-- linked is linked again by its owner; an account that came from Supabase keeps the one that it came by.
create or replace function app.set_password(person uuid, password text, kept_session uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into identity.accounts (user_id, provider_id, account_id, password)
    values (person, 'password', person::text, set_password.password)
    on conflict (provider_id, account_id) do update set password = excluded.password, updated_at = now();
  if kept_session is null then
    delete from identity.accounts a where a.user_id = person and a.provider_id = 'supabase' and a.account_id <> person::text;
  end if;
  update identity.sessions s set revoked_at = now()
    where s.user_id = person and s.revoked_at is null and s.id is distinct from kept_session;
  update identity.mails m set used_at = now()
    where m.user_id = person and m.purpose = 'password_reset' and m.used_at is null;
  perform app.post_mail('password_changed', u.email, person, null, null) from public.users u where u.id = person;
end $$;

-- Nobody who is not active starts a session, whichever way they come in: one that began would hold as soon as they are active
-- again. Whoever deactivates them at this moment waits, and ends it.
create function app.refuse_inactive() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.users u where u.id = new.user_id and u.is_active for share;
  if not found then
    raise exception using errcode = 'GR403', message = 'the account is not active';
  end if;
  return new;
end $$;
revoke all on function app.refuse_inactive from public;
create trigger refuse_inactive before insert on identity.sessions for each row execute function app.refuse_inactive();
