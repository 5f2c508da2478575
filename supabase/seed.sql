-- An example organization for development, for `supabase db reset` and `granary db seed load`. May be run twice.
-- It holds no keys: `granary admin bootstrap --again` makes one, `granary db seed dump --yes` replaces this file.
do $$
declare
  ada constant uuid := '01900000-0000-7000-8000-0000000000a1';
  ben constant uuid := '01900000-0000-7000-8000-0000000000b1';
  tenant uuid;
begin
  insert into public.users (id, email, name) values
    (ada, 'ada@example.org', 'Ada, who owns the organization'),
    (ben, 'ben@example.org', 'Ben, her colleague')
  on conflict do nothing;

  if not exists (select from public.organizations where name = 'Example Observatory') then
    tenant := app.create_organization('Example Observatory', (select id from public.users where email = 'ada@example.org'));
    insert into public.memberships (tenant_id, user_id)
      select tenant, id from public.users where email = 'ben@example.org';
    insert into public.user_roles (tenant_id, user_id, role_id)
      select tenant, person.id, role.id from public.users person, public.roles role
      where person.email = 'ben@example.org' and role.tenant_id = tenant and role.name = 'editor';
  end if;
end $$;
