-- Now and then the head of a chain is signed, by a key that the database does not have, and the signed document goes to the
-- object store as well. So who changes the chain's tables, whatever else they change, cannot make them fit.
--
-- In the store checkpoints lie below a folder that no organization has and stored_objects does not know: the collector
-- never removes one, and cannot be told to (docs/adr/0025).

create table public.audit_checkpoints (
  tenant_id uuid not null,
  sequence bigint not null,
  made_at timestamptz not null,
  key_id text not null,
  -- {"chain", "count", "hash", "key", "sequence", "signature", "time"}, canonical; the signature is Ed25519 over the rest
  document text not null check (length(document) < 1000),
  primary key (tenant_id, sequence)
);
alter table public.audit_checkpoints enable row level security, force row level security;
create policy audit_checkpoints_read on public.audit_checkpoints for select to authenticated
  using (tenant_id = any ((select app.tenants_with('audit:read'))::uuid[]));
grant select on public.audit_checkpoints to authenticated;
create trigger audit_checkpoints_stay before update or delete or truncate on public.audit_checkpoints
  for each statement execute function app.refuse_audit_change();

-- Heads that are to be signed: the first one at once, then those that moved on for so many seconds, or by so many events.
-- `count` is how many events came since the checkpoint before.
create function app.checkpoints_due(seconds integer, most bigint)
  returns table (tenant_id uuid, sequence bigint, hash text, count bigint, made_at timestamptz)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query
    select h.tenant_id, h.sequence, encode(h.hash, 'hex'), h.sequence - coalesce(last.sequence, 0), date_trunc('milliseconds', clock_timestamp())
    from public.audit_heads h
    left join lateral (
      select c.sequence, c.made_at from public.audit_checkpoints c where c.tenant_id = h.tenant_id order by c.sequence desc limit 1) last on true
    where h.sequence > coalesce(last.sequence, 0)
      and (last.sequence is null or h.sequence - last.sequence >= most or last.made_at <= now() - make_interval(secs => seconds));
end $$;

-- Keeps a signed document that is in the store by now. False where somebody else was faster; GR409 where it says something
-- else than the chain, or was made long ago.
create function app.record_checkpoint(document text) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  said constant jsonb := document;
  tenant constant uuid := said ->> 'chain';
  place constant bigint := said ->> 'sequence';
  at constant timestamptz := said ->> 'time';
  former bigint;
begin
  perform from public.audit_heads h where h.tenant_id = tenant for update;
  select coalesce(max(c.sequence), 0) into former from public.audit_checkpoints c where c.tenant_id = tenant;
  if place <= former or (said ->> 'count')::bigint <> place - former then
    return false;
  end if;
  if at not between now() - interval '1 hour' and clock_timestamp() or not exists (
    select from public.audit_chain c where c.tenant_id = tenant and c.sequence = place and encode(c.hash, 'hex') = said ->> 'hash') then
    raise exception using errcode = 'GR409', message = 'this checkpoint is not of the chain';
  end if;
  insert into public.audit_checkpoints (tenant_id, sequence, made_at, key_id, document)
    values (tenant, place, at, said ->> 'key', record_checkpoint.document);
  return true;
end $$;

revoke all on function app.checkpoints_due, app.record_checkpoint from public;
grant execute on function app.checkpoints_due, app.record_checkpoint to granary_worker;
