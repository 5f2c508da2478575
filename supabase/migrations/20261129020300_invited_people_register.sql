-- Somebody who was invited and has no account opens one with the link of the invitation, and is a member by it. The link
-- shows that the address is theirs, so no other mail is needed; and it was asked for by a member, so it holds while
-- registration is closed: for that very address and no other.

-- What an invitation comes to, for the person whose it is: in the transaction that used its link up.
create function app.settle_invitation(mail identity.mails, person uuid, accepts boolean) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  invitation public.invitations;
begin
  perform from public.organizations o where o.id = mail.tenant_id for update;
  update public.invitations i set answer = case when accepts then 'accepted' else 'declined' end, answered_at = now()
    where i.tenant_id = mail.tenant_id and i.id = mail.invitation_id and i.answer is null and i.expires_at > now()
    returning * into invitation;
  if invitation is null then
    raise exception using errcode = 'GR400', message = 'the invitation was taken back, or has expired';
  end if;
  if accepts then
    insert into public.memberships (tenant_id, user_id) values (invitation.tenant_id, person)
      on conflict (tenant_id, user_id) do update set left_at = null, created_at = now();
    insert into public.user_roles (tenant_id, user_id, role_id) values (invitation.tenant_id, person, invitation.role_id)
      on conflict do nothing;
  end if;
  return invitation.tenant_id;
end $$;

create or replace function app.answer_invitation(hash bytea, accepts boolean) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('invitation', hash);
begin
  if not exists (select from public.users u where u.id = app.user_id() and lower(u.email) = lower(mail.recipient)) then
    raise exception using errcode = 'GR403', message = 'the invitation is for another address than that of this account';
  end if;
  return app.settle_invitation(mail, app.user_id(), accepts);
end $$;

create function app.register_invited(hash bytea, username text, name text, password text, default_tenant uuid, default_role text)
  returns table (person uuid, organization uuid)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('invitation', hash);
  wanted identity.registrations;
begin
  if exists (select from public.users u where lower(u.email) = lower(mail.recipient)) then
    raise exception using errcode = 'GR409', message = 'this address has an account: sign in, and answer with it';
  end if;
  insert into identity.registrations (email, username, name, password)
    values (mail.recipient, register_invited.username, register_invited.name, register_invited.password) returning * into wanted;
  person := app.open_account(wanted, default_tenant, default_role);
  organization := app.settle_invitation(mail, person, true);
  return next;
end $$;

revoke all on function app.settle_invitation, app.register_invited from public;
grant execute on function app.register_invited to granary_identity;
