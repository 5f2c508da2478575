-- Whose turn it is. A host is asked by one at a time, whichever worker it is and for whichever source, and not again before its
-- pause is over. Who takes a turn is named by a token of that turn alone: what comes from a turn that was lost is not taken.
alter table jobs.crawl_hosts add column busy_until timestamptz, add column turn uuid;
alter table public.crawl_requests
  add column turn uuid,
  -- where redirects led so far; the last one is asked next, in its own host's turn
  add column hops text[] not null default '{}';
alter table public.crawl_requests drop column leased_by, drop column leased_until;
drop index public.crawl_requests_open;
create index crawl_requests_queued on public.crawl_requests (run_id, host, next_attempt_at) where state = 'queued';
create index crawl_requests_captured on public.crawl_requests (run_id, next_attempt_at) where state = 'captured';
-- crawls that have gone through what they discovered ask for what they knew before as well, once
alter table public.source_runs add column revisited boolean not null default false;

-- Takes a turn at a host that may be asked now, for a request that waits for it: both are nobody else's for `lease`. Nothing
-- where there is none right now.
create function app.take_crawl_turn(lease interval) returns table (turn uuid, origin text, source_id uuid, key text)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  given constant uuid := gen_random_uuid();
  free record;
  taken record;
begin
  select h.origin, u.id as run_id into free
    from jobs.crawl_hosts h
    cross join public.source_runs u
    join public.sources s on s.id = u.source_id and not s.is_paused
    where u.state = 'running' and u.trigger in ('schedule', 'manual', 'backfill')
      and h.next_allowed_at <= now() and (h.busy_until is null or h.busy_until <= now())
      and exists (select from public.crawl_requests r
        where r.run_id = u.id and r.host = h.origin and r.state = 'queued' and r.next_attempt_at <= now())
    order by h.next_allowed_at, u.id limit 1
    for update of h skip locked;
  if not found then
    return;
  end if;
  -- a statement of its own, which sees what was committed before the host was locked
  update public.crawl_requests r
    set turn = given, attempts = r.attempts + 1, next_attempt_at = now() + lease
    where (r.source_id, r.key) = (
        select w.source_id, w.key from public.crawl_requests w
        where w.run_id = free.run_id and w.host = free.origin and w.state = 'queued' and w.next_attempt_at <= now()
        order by w.next_attempt_at limit 1)
      and r.state = 'queued' and r.next_attempt_at <= now()
    returning r.source_id, r.key into taken;
  if not found then
    return;
  end if;
  update jobs.crawl_hosts h set busy_until = now() + lease, turn = given, used_at = now() where h.origin = free.origin;
  return query select given, free.origin, taken.source_id, taken.key;
end $$;

-- Before a capture's body is put into the store, under its organization or the installation (app.claim_object is for members).
create function app.claim_capture_object(owner uuid, sha256 text, bytes bigint) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claim uuid;
begin
  insert into public.stored_objects (tenant_id, sha256, bytes) values (owner, claim_capture_object.sha256, claim_capture_object.bytes)
    on conflict on constraint stored_objects_pkey do update set unreferenced_since = now()
    returning incarnation into claim;
  -- after the row, which is how a collector that dooms it right now is seen
  delete from public.doomed_objects d where d.tenant_id = owner and d.sha256 = claim_capture_object.sha256;
  return claim;
end $$;

revoke all on function app.take_crawl_turn, app.claim_capture_object from public;
grant execute on function app.take_crawl_turn, app.claim_capture_object to granary_worker;
