-- What visitors propose to be followed: pages of plugins, of nobody until somebody who looks after sources has decided
-- (docs/adr/0043). A form is an organization's, or the installation's; there is none until it was opened.
create table public.intake_forms (
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid primary key generated always as (coalesce(tenant_id, app.installation_id())) stored,
  is_open boolean not null,
  -- also pages of sites that are no marketplace
  any_page boolean not null default false,
  updated_at timestamptz not null default now()
);
create index intake_forms_tenant on public.intake_forms (tenant_id);

-- One for each plugin, however often it is proposed. Nothing in it is of a visitor.
create table public.intake_proposals (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  connector text not null check (connector ~ '^[a-z][a-z0-9-]{0,62}$'),
  -- what the connector's setting calls it, and its page
  item text not null check (item <> '' and char_length(item) <= 500),
  url text not null check (url ~ '^https://' and char_length(url) <= 2000),
  times integer not null default 1,
  state text not null default 'waiting' check (state in ('waiting', 'accepted', 'rejected')),
  reason text check (char_length(reason) <= 1000),
  source_id uuid,
  decided_by uuid,
  decided_at timestamptz,
  created_at timestamptz not null default now(),
  last_proposed_at timestamptz not null default now(),
  unique (owner_id, connector, item),
  unique (owner_id, id),
  foreign key (owner_id) references public.intake_forms (owner_id) on delete cascade,
  foreign key (owner_id, source_id) references public.sources (owner_id, id),
  foreign key (tenant_id, decided_by) references public.memberships (tenant_id, user_id),
  check ((state = 'waiting') = (decided_at is null)),
  check ((state = 'rejected') = (reason is not null))
);
-- of accepted ones; a key cannot do it, since owner_id is generated
create function app.forget_accepting_source() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update public.intake_proposals p set source_id = null where p.owner_id = old.owner_id and p.source_id = old.id;
  return old;
end $$;
revoke all on function app.forget_accepting_source from public;
create trigger forget_accepting_source before delete on public.sources for each row execute function app.forget_accepting_source();
create index intake_proposals_state on public.intake_proposals (owner_id, state, id);
create index intake_proposals_tenant on public.intake_proposals (tenant_id);
create index intake_proposals_source on public.intake_proposals (owner_id, source_id);
create index intake_proposals_decider on public.intake_proposals (tenant_id, decided_by);

-- What visitors said of themselves, for whoever decides: gone once it is decided, or after a time.
create table public.intake_messages (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  proposal_id uuid not null,
  email text check (char_length(email) <= 254),
  comment text check (char_length(comment) <= 2000),
  created_at timestamptz not null default now(),
  foreign key (owner_id, proposal_id) references public.intake_proposals (owner_id, id) on delete cascade,
  check (email is not null or comment is not null)
);
create index intake_messages_proposal on public.intake_messages (owner_id, proposal_id, id);
create index intake_messages_tenant on public.intake_messages (tenant_id);
create index intake_messages_age on public.intake_messages (created_at);

do $$
declare
  each text;
begin
  foreach each in array '{intake_forms,intake_proposals,intake_messages}'::text[] loop
    execute format('alter table public.%I enable row level security, force row level security', each);
    execute format($f$create policy %I on public.%I for select to authenticated
      using (tenant_id = any ((select app.tenants_with('source:write'))::uuid[]))$f$, each || '_read', each);
    execute format('grant select on public.%I to authenticated', each);
  end loop;
end $$;

-- What addresses of visitors are hashed under, another one each day, so that what was counted cannot be traced back afterwards.
create table identity.visitor_secrets (
  day date primary key,
  secret bytea not null check (octet_length(secret) = 32)
);
alter table identity.visitor_secrets enable row level security, force row level security;
create policy identity_only on identity.visitor_secrets to granary_identity using (true);

create function app.visitor_secret() returns bytea
  language plpgsql volatile security definer set search_path = '' as $$
declare
  today constant date := (now() at time zone 'UTC')::date;
  found_secret bytea;
begin
  select s.secret into found_secret from identity.visitor_secrets s where s.day = today;
  if found_secret is null then
    delete from identity.visitor_secrets s where s.day < today;
    insert into identity.visitor_secrets (day, secret)
      values (today, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')) on conflict do nothing;
    select s.secret into found_secret from identity.visitor_secrets s where s.day = today;
  end if;
  return found_secret;
end $$;
revoke all on function app.visitor_secret from public;
grant execute on function app.visitor_secret to granary_identity;
