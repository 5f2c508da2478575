-- Vectors in another database than ours. Each is listed here before it is put there, and until our tables say that it is there; and
-- again when they do not say so any more, also because their organization is being erased: whatever is here has to be removed there.
create table public.doomed_vectors (
  id uuid primary key default app.uuidv7(),
  vector_db text not null check (vector_db in ('pinecone')),
  -- the organization's id; it outlives the organization
  namespace text not null,
  vector_key text not null,
  doomed_at timestamptz not null default now(),
  unique (vector_db, namespace, vector_key)
);
create index doomed_vectors_age on public.doomed_vectors (doomed_at);
alter table public.doomed_vectors enable row level security, force row level security;
create policy doomed_vectors_nobody on public.doomed_vectors for select to granary_worker
  using ((select app.user_id()) is null);
grant select, insert, delete on public.doomed_vectors to granary_worker;

create function app.doom_vector() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if old.vector_db = 'postgres' or (tg_op = 'UPDATE' and (new.vector_db, new.vector_key) = (old.vector_db, old.vector_key)) then
    return null;
  end if;
  insert into public.doomed_vectors (vector_db, namespace, vector_key) values (old.vector_db, old.tenant_id::text, old.vector_key)
    on conflict do nothing;
  return null;
end $$;
create trigger doom_vector after delete or update of vector_db, vector_key on public.passage_vectors
  for each row execute function app.doom_vector();
revoke all on function app.doom_vector from public;
