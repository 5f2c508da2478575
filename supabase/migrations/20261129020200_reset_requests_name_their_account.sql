-- The auditor learns whose password somebody asks to replace; the answer to the asker stays the same for any address.
drop function app.request_password_reset(text, interval);
create function app.request_password_reset(email text, valid_for interval) returns uuid
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
  return person;
end $$;
revoke all on function app.request_password_reset from public;
grant execute on function app.request_password_reset to granary_identity;
