-- How long captures are kept: from when they came here, whatever date they are of.
alter table public.captures add column kept_at timestamptz not null default now();
create index captures_kept on public.captures (source_id, kept_at);
drop index public.captures_age;

-- Removes at most so many captures that are past their time: the source's days, or the installation's, whichever are fewer (null:
-- for ever). What was read from them stays. Their objects are the collector's.
create function app.expire_captures(days integer, most integer) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  expired uuid[];
begin
  expired := array(
    select c.id from public.sources s cross join lateral (
      select o.id from public.captures o
      where o.source_id = s.id and o.kept_at < now() - make_interval(days => least(s.keep_captures_days, days))
      order by o.kept_at limit most
    ) c
    where least(s.keep_captures_days, days) is not null
    limit most);
  if expired = '{}' then
    return 0;
  end if;
  -- a request whose capture is gone is made without conditions; one that waits to be read is made again
  update public.crawl_requests r set capture_id = null, etag = null, last_modified = null,
      state = case r.state when 'captured' then 'queued' else r.state end
    where r.capture_id = any (expired);
  delete from public.captures c where c.id = any (expired);
  return cardinality(expired);
end $$;

-- Hosts that nobody asked for so long; their robots.txt would be read again anyway.
create function app.forget_crawl_hosts() returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  forgotten bigint;
begin
  delete from jobs.crawl_hosts h where h.used_at < now() - interval '7 days' and coalesce(h.busy_until, '-infinity') < now()
    and not exists (select from public.crawl_requests r where r.host = h.origin and r.state = 'queued');
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
create index crawl_requests_host on public.crawl_requests (host) where state = 'queued';
create index crawl_requests_by_capture on public.crawl_requests (capture_id) where capture_id is not null;
create index captures_by_id on public.captures (source_id, id);

revoke all on function app.expire_captures, app.forget_crawl_hosts from public;
grant execute on function app.expire_captures, app.forget_crawl_hosts to granary_worker;
