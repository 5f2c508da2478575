-- What operators do to flags, at the command line and through the API.

-- The row of a flag, locked; made where the code declares the flag or somebody means to make one.
create function app.hold_flag(codename text, may_create boolean, is_active boolean, rollout numeric) returns public.feature_flags
  language plpgsql volatile security definer set search_path = '' as $$
declare
  held public.feature_flags;
begin
  perform app.require_operator();
  if may_create then
    insert into public.feature_flags (codename, is_active, rollout)
      values (hold_flag.codename, hold_flag.is_active, hold_flag.rollout) on conflict do nothing;
  end if;
  select * into held from public.feature_flags f where f.codename = hold_flag.codename for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such flag: create it first';
  end if;
  return held;
end $$;

-- A flag as it is from now on. Null leaves what is there; but active null is the other way round, coded being what the code says.
-- expires_at infinity: never.
drop function app.set_flag(text, boolean, text, boolean);
create function app.set_flag(
  codename text, active boolean, label text, description text, expires_at timestamptz, may_create boolean, coded boolean
) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  held constant public.feature_flags := app.hold_flag(codename, may_create, coded, 100);
begin
  if held.expires_at <= now() and expires_at is null then
    raise exception using errcode = 'GR409', message = 'the flag has expired: say until when it is to hold now, or for ever';
  end if;
  update public.feature_flags f
    set is_active = coalesce(active, not f.is_active), label = coalesce(set_flag.label, f.label),
      description = coalesce(set_flag.description, f.description), updated_at = now(),
      expires_at = nullif(coalesce(set_flag.expires_at, f.expires_at), 'infinity')
    where f.codename = set_flag.codename;
end $$;

-- Whom of those that no target names a flag is on for, in percent of users or of organizations.
create function app.roll_out_flag(codename text, rollout numeric, split_by text, may_create boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_flag(codename, may_create, true, rollout);
  update public.feature_flags f
    set rollout = roll_out_flag.rollout, split_by = coalesce(roll_out_flag.split_by, f.split_by), updated_at = now()
    where f.codename = roll_out_flag.codename;
end $$;

-- On or off for one user or one organization; with is_on null as for everybody else.
create function app.target_flag(codename text, tenant uuid, person uuid, is_on boolean, may_create boolean, coded boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_flag(codename, may_create, true, case when coded then 100 else 0 end);
  if is_on is null then
    delete from identity.flag_targets t
      where t.codename = target_flag.codename and t.tenant_id is not distinct from tenant and t.user_id is not distinct from person;
    return;
  end if;
  if not exists (select from public.organizations o where o.id = tenant) and not exists (select from public.users u where u.id = person) then
    raise exception using errcode = 'GR404', message = 'no such organization or person';
  end if;
  -- every process holds all of them
  if (select count(*) from identity.flag_targets t where t.codename = target_flag.codename) >= 10000 then
    raise exception using errcode = 'GR409', message = 'a flag names 10,000 users and organizations at most: roll it out instead';
  end if;
  insert into identity.flag_targets as t (codename, tenant_id, user_id, is_on)
    values (target_flag.codename, tenant, person, target_flag.is_on)
    on conflict on constraint flag_targets_codename_tenant_id_user_id_key do update set is_on = excluded.is_on;
end $$;

revoke all on function app.hold_flag, app.set_flag, app.roll_out_flag, app.target_flag from public;
grant execute on function app.set_flag, app.roll_out_flag, app.target_flag to granary_identity;
