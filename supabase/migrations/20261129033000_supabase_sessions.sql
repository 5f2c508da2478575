-- Sessions of people who signed in at Supabase Auth through us (docs/adr/0024): the browser has our cookie alone, Supabase's
-- tokens stay here, sealed under a key of the session's own that the master key wraps.
create table identity.supabase_sessions (
  session_id uuid primary key references identity.sessions (id) on delete cascade,
  wrapped_key bytea not null,
  sealed_tokens bytea not null,
  -- of the access token; and from when on it is to be refreshed
  expires_at timestamptz not null,
  refresh_after timestamptz not null,
  -- counts refreshes: a refresh token is good once, so whoever uses it says of which generation it was
  generation integer not null default 0 check (generation >= 0),
  -- somebody is refreshing, or the provider did not answer a moment ago: nobody else tries until then
  busy_until timestamptz,
  check (refresh_after <= expires_at)
);
alter table identity.supabase_sessions enable row level security, force row level security;
create policy identity_only on identity.supabase_sessions to granary_identity using (true);
grant select, insert, update (sealed_tokens, expires_at, refresh_after, generation, busy_until) on identity.supabase_sessions
  to granary_identity;

-- Whatever ends a session forgets the tokens that it held.
create function app.forget_supabase_tokens() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from identity.supabase_sessions s where s.session_id = new.id;
  return null;
end $$;
revoke all on function app.forget_supabase_tokens from public;
create trigger forget_supabase_tokens after update of revoked_at on identity.sessions for each row
  when (new.revoked_at is not null) execute function app.forget_supabase_tokens();
