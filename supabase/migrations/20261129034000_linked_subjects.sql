-- Somebody with an account here who also signs in at Supabase: once they have shown both, the subject of its tokens is them.

-- Whom a session's tokens have to be of; not the person's own id where they were linked.
alter table identity.supabase_sessions add column subject uuid not null;

-- As before, and for a subject that was linked, the person whom it was linked to.
drop function app.provision_subject(uuid, text, uuid, text);
create function app.provision_subject(subject uuid, address text, default_tenant uuid, default_role text)
  returns table (user_id uuid, tenant_id uuid)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
begin
  select a.user_id into person from identity.accounts a where a.provider_id = 'supabase' and a.account_id = subject::text;
  if person is null then
    -- two requests at once: the second waits for the first here, and finds the rows
    insert into public.users (id, email) values (subject, address) on conflict (id) do nothing;
    insert into identity.accounts (user_id, provider_id, account_id) values (subject, 'supabase', subject::text)
      on conflict do nothing;
    select a.user_id into person from identity.accounts a where a.provider_id = 'supabase' and a.account_id = subject::text;
    if person <> subject then
      raise exception using errcode = 'GR409', message = 'this account of Supabase was just linked: try again';
    end if;
    perform app.join_default(subject, default_tenant, default_role);
  end if;
  return query select person, app.home_of(person);
exception
  when unique_violation then
    raise exception using errcode = 'GR409',
      message = 'another account has this address already: sign in with that one, and link this one to it';
end $$;

-- The caller, in a session, is this subject as well from now on. Whoever calls has checked both.
create function app.link_subject(subject uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if app.user_id() is null or app.claims() ->> 'token_id' is null then
    raise exception using errcode = 'GR401', message = 'not signed in';
  end if;
  if exists (select from public.users u where u.id = subject and u.id <> app.user_id()) then
    raise exception using errcode = 'GR409', message = 'this account of Supabase is somebody else here';
  end if;
  insert into identity.accounts (user_id, provider_id, account_id) values (app.user_id(), 'supabase', subject::text)
    on conflict do nothing;
  if not exists (select from identity.accounts a
      where a.provider_id = 'supabase' and a.account_id = subject::text and a.user_id = app.user_id()) then
    raise exception using errcode = 'GR409', message = 'this account of Supabase is somebody else here';
  end if;
end $$;
revoke all on function app.provision_subject, app.link_subject from public;
grant execute on function app.provision_subject, app.link_subject to granary_identity;
