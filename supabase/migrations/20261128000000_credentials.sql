-- Credentials of people: passwords, sessions, what was mailed. Only the identity login of the API sees this schema; what
-- it may do to anybody outside of it are the commands of the following migration.

-- When somebody showed that the address is theirs.
alter table public.users add column email_verified_at timestamptz;

-- One row for each way in which somebody proves who they are (the table shape of better-auth, docs/adr/0021).
create table identity.accounts (
  id uuid primary key default app.uuidv7(),
  user_id uuid not null references public.users (id) on delete cascade,
  provider_id text not null check (provider_id in ('password', 'supabase')),
  -- the user's own id for a password, the subject of a foreign token
  account_id text not null,
  -- an argon2id hash in PHC form
  password text check (password like '$argon2id$%'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider_id, account_id),
  check ((provider_id = 'password') = (password is not null))
);
create index accounts_user on identity.accounts (user_id);

create table identity.sessions (
  id uuid primary key default app.uuidv7(),
  user_id uuid not null references public.users (id) on delete cascade,
  name text check (name <> '' and length(name) <= 100),
  user_agent text check (length(user_agent) <= 500),
  address text check (length(address) <= 100),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  -- moves on whenever the session is renewed, but never past the absolute end
  expires_at timestamptz not null,
  absolute_expires_at timestamptz not null,
  revoked_at timestamptz,
  check (expires_at <= absolute_expires_at)
);
create index sessions_user on identity.sessions (user_id);

-- A token belongs to one session and one organization for ever: switching, like renewing, makes a new token. So a process
-- may remember whose a token is, and asks the database only whether it still holds.
create table identity.session_tokens (
  id uuid primary key default app.uuidv7(),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  session_id uuid not null references identity.sessions (id) on delete cascade,
  tenant_id uuid references public.organizations (id) on delete cascade,
  issued_at timestamptz not null default clock_timestamp(),
  -- when a successor was made, which the client may or may not have received
  renewed_at timestamptz,
  -- when a later token of the session was first used: from then on this one lives for a minute
  superseded_at timestamptz
);
create index session_tokens_session on identity.session_tokens (session_id);
create index session_tokens_tenant on identity.session_tokens (tenant_id);

-- Somebody who wants an account and has not shown yet that the address is theirs. There may be several for one address:
-- who follows the link that was mailed gets the account, with the password of that registration and of no other.
create table identity.registrations (
  id uuid primary key default app.uuidv7(),
  email text not null check (email = btrim(email) and email like '%_@_%'),
  username text check (username <> ''),
  name text not null,
  password text not null check (password like '$argon2id$%'),
  created_at timestamptz not null default now()
);
create index registrations_email on identity.registrations (lower(email));

create table identity.mails (
  id uuid primary key default app.uuidv7(),
  purpose text not null check (purpose in
    ('activation', 'already_registered', 'password_reset', 'no_account', 'email_change', 'email_changed', 'password_changed')),
  recipient text not null check (recipient like '%_@_%'),
  user_id uuid references public.users (id) on delete cascade,
  registration_id uuid references identity.registrations (id) on delete cascade,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  -- of the link in it
  expires_at timestamptz,
  used_at timestamptz,
  check ((purpose = 'activation') = (registration_id is not null)),
  check ((purpose in ('activation', 'password_reset', 'email_change')) = (expires_at is not null))
);
create index mails_user on identity.mails (user_id);
create index mails_registration on identity.mails (registration_id);

-- The worker makes a token when it sends; a mail that is sent again after a crash gets another, and either opens it, once.
create table identity.mail_tokens (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  mail_id uuid not null references identity.mails (id) on delete cascade
);
create index mail_tokens_mail on identity.mail_tokens (mail_id);

create table identity.second_factors (
  user_id uuid primary key references public.users (id) on delete cascade,
  -- sealed under the installation's master key
  secret bytea not null,
  -- null while it is set up and no code has been shown yet
  confirmed_at timestamptz,
  -- the last period of 30 s whose code was taken: each counts once
  last_period bigint not null default 0,
  created_at timestamptz not null default now()
);

create table identity.recovery_codes (
  user_id uuid not null references identity.second_factors (user_id) on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  used_at timestamptz,
  primary key (user_id, code_hash)
);

-- What counts attempts (rate-limiter-flexible's table), so that a restart forgives nothing.
create table identity.rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);

-- Who runs the installation: may manage people. Given by the command line alone.
create table identity.operators (
  user_id uuid primary key references public.users (id) on delete cascade,
  created_at timestamptz not null default now()
);

do $$
declare
  each regclass;
begin
  for each in select c.oid from pg_catalog.pg_class c where c.relnamespace = 'identity'::regnamespace and c.relkind = 'r'
  loop
    execute format('alter table %s enable row level security, force row level security', each);
    execute format('create policy identity_only on %s to granary_identity using (true)', each);
  end loop;
end $$;

grant usage on schema identity to granary_identity;
-- what is not here, registrations and mails above all, is touched by the commands alone
grant select, update (password, updated_at) on identity.accounts to granary_identity;
grant select, insert, update (name, revoked_at) on identity.sessions to granary_identity;
grant select, insert on identity.session_tokens to granary_identity;
grant select, insert, delete, update (confirmed_at, last_period) on identity.second_factors to granary_identity;
grant select, insert, update (used_at) on identity.recovery_codes to granary_identity;
grant select on identity.operators to granary_identity;
grant select, insert, update, delete on identity.rate_limits to granary_identity;

-- Switches of the installation. A flag that has no row is off; docs of each in packages/domain/src/flags.
create table public.feature_flags (
  codename text primary key check (codename ~ '^FF_[A-Z][A-Z0-9_]*$'),
  is_active boolean not null default false,
  label text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.feature_flags enable row level security, force row level security;
create policy feature_flags_read on public.feature_flags for select to authenticated, granary_identity using (true);
grant select on public.feature_flags to authenticated, granary_identity;
