-- People who sign in at Supabase Auth. Their id is the token's subject, so that auth.uid() says the same by either way in.

-- The organization that everybody joins, in an installation that has one (DEFAULT_TENANT_ID). As role, if there is one.
create function app.join_default(person uuid, tenant uuid, role_name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if tenant is null or not exists (select from public.organizations o where o.id = tenant) then
    return;
  end if;
  insert into public.memberships (tenant_id, user_id) values (tenant, person) on conflict do nothing;
  if found then
    insert into public.user_roles (tenant_id, user_id, role_id)
      select tenant, person, r.id from public.roles r where r.tenant_id = tenant and r.name = role_name;
  end if;
end $$;

-- Who a verified token is, made on first sight; with the organization that they worked in last. A subject is never joined
-- to an account by its address: who holds the address there need not be who holds it here.
create function app.provision_subject(subject uuid, address text, default_tenant uuid, default_role text)
  returns table (tenant_id uuid)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from identity.accounts a where a.provider_id = 'supabase' and a.account_id = subject::text) then
    -- two requests at once: the second waits for the first here, and finds the rows
    insert into public.users (id, email) values (subject, address) on conflict (id) do nothing;
    insert into identity.accounts (user_id, provider_id, account_id) values (subject, 'supabase', subject::text)
      on conflict do nothing;
    perform app.join_default(subject, default_tenant, default_role);
  end if;
  return query select app.home_of(subject);
exception
  when unique_violation then
    raise exception using errcode = 'GR409', message = 'another account has this address already: sign in with that one';
end $$;
revoke all on function app.join_default, app.provision_subject from public;
grant execute on function app.provision_subject to granary_identity;
