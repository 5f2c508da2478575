-- A page is asked for, kept and read in as few round trips as can be: whoever takes a turn is told at once all that it is about,
-- and an answer is kept by one command.
drop function app.take_crawl_turn(interval);

-- What the newest answer adds to the run's counts, once it is read: a run has one row, for which all who count wait, so a page counts
-- once, and not a second time while its answer is made durable.
alter table public.crawl_requests add column uncounted jsonb;

-- Takes a turn at a host that may be asked now, for a request that waits for it: both are nobody else's for `lease`. Nothing
-- where there is none right now.
create function app.take_crawl_turn(lease interval) returns table (
    turn uuid, origin text, rate double precision, robots text, robots_fetched_at timestamptz,
    source_id uuid, run_id uuid, tenant_id uuid, owner_id uuid, connector text, settings jsonb,
    request jsonb, hops text[], attempts integer, etag text, last_modified text, capture_id uuid, body_sha256 text)
  language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  given constant uuid := gen_random_uuid();
  free record;
  taken public.crawl_requests;
begin
  select h.origin, h.robots, h.robots_fetched_at, s.connector, s.rate,
      -- a backfill asks an archive alone, whatever the source asks
      case u.trigger when 'backfill' then u.options else s.settings end as settings, u.id as run_id into free
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
    returning r.* into taken;
  if not found then
    return;
  end if;
  update jobs.crawl_hosts h set busy_until = now() + lease, turn = given, used_at = now() where h.origin = free.origin;
  return query select given, free.origin, free.rate, free.robots, free.robots_fetched_at,
    taken.source_id, taken.run_id, taken.tenant_id, taken.owner_id, free.connector, free.settings,
    taken.request, taken.hops, taken.attempts, taken.etag, taken.last_modified, c.id, c.body_sha256
    from (values (1)) one left join public.captures c on c.id = taken.capture_id;
end $$;

-- Keeps the answer to a request as a capture, with which the request waits to be read: `capture` is the row, and what the host
-- said for the next request. Null where the turn was lost, or the run has ended meanwhile. GR409: the body was removed meanwhile.
create function app.keep_answer(source uuid, key text, turn uuid, capture jsonb, claim uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  asked public.crawl_requests;
  former public.captures;
  wanted public.captures := jsonb_populate_record(null::public.captures, capture);
  kept uuid;
begin
  select r.* into asked from public.crawl_requests r
    where r.source_id = source and r.key = keep_answer.key and r.turn = keep_answer.turn and r.state = 'queued' for update;
  -- until this ends the run is not deleted; that it is cancelled meanwhile does no harm
  perform from public.source_runs u where u.id = asked.run_id and u.state = 'running' for key share;
  if not found then
    return null;
  end if;
  select c.* into former from public.captures c where c.id = asked.capture_id;
  if claim is not null then
    perform app.hold_object(asked.owner_id, wanted.object_sha256, claim);
  elsif former.id is null then
    return null; -- it was past its retention just now: the lease ends, and it is asked again
  else
    -- an observation of its own, of the same body: the facts of today are those of then
    wanted := jsonb_populate_record(former, jsonb_build_object('fetched_at', wanted.fetched_at, 'not_modified', true));
  end if;
  insert into public.captures (tenant_id, source_id, run_id, request_key, request, final_url, status, headers, fetched_at, origin,
      not_modified, body_sha256, body_bytes, object_sha256, object_bytes, encoding)
    values (asked.tenant_id, source, asked.run_id, asked.key, case when claim is null then wanted.request else asked.request end,
      wanted.final_url, wanted.status, wanted.headers, wanted.fetched_at, wanted.origin, coalesce(wanted.not_modified, false),
      wanted.body_sha256, wanted.body_bytes, wanted.object_sha256, wanted.object_bytes, wanted.encoding)
    returning id into kept;
  -- what the host said of this answer makes the next request conditional; a 304 need not repeat it
  update public.crawl_requests r set state = 'captured', capture_id = kept, error = null,
      etag = case when claim is not null then capture ->> 'etag' else coalesce(capture ->> 'etag', r.etag) end,
      last_modified = case when claim is not null then capture ->> 'last_modified'
        else coalesce(capture ->> 'last_modified', r.last_modified) end,
      uncounted = case
        when claim is null then '{"unchanged": 1}'
        when wanted.body_sha256 = former.body_sha256 then jsonb_build_object('fetched', 1, 'unchanged', 1, 'bytes', wanted.body_bytes)
        else jsonb_build_object('fetched', 1, 'changed', 1, 'bytes', wanted.body_bytes) end
    where r.source_id = source and r.key = keep_answer.key;
  return kept;
end $$;

-- Estimates these plugins (null: all) by the current model, where it says anything else than before. One plan serves
-- for one plugin and for all: a page's one would cost less than to plan for it.
create or replace function app.estimate_plugins(plugins uuid[]) returns bigint
  language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  wanted constant uuid[] := coalesce(plugins, array(select p.id from public.plugins p));
  model public.revenue_models;
  changed bigint;
  removed bigint;
begin
  select * into model from public.revenue_models m where m.is_current;
  with estimated as materialized (
    select p.tenant_id, p.id, e.*, jsonb_strip_nulls(jsonb_build_object('users', p.users, 'usersBound',
        case when p.users_at_least then 'at_least' else 'exact' end, 'metric', p.metric, 'pricing', p.pricing_kind,
        'amount', p.price_amount::text, 'currency', p.price_currency, 'per', p.price_per)) as inputs
    from public.plugins p
    left join public.companies c on c.id = p.company_id
    left join public.companies r on r.id = c.root_id
    cross join lateral app.estimate_revenue(model.parameters, p.users, p.pricing_kind, p.price_amount, p.price_currency,
      p.price_per, array[c.slug, r.slug]) e
    where p.id = any (wanted)
  ), gone as (
    delete from public.revenue_estimates e
    where e.model_version = model.version and e.plugin_id in (select unnest(wanted) except select n.id from estimated n)
    returning 1
  ), written as (
    insert into public.revenue_estimates (tenant_id, plugin_id, model_version, lower_cents, upper_cents, point_cents, basis, inputs)
      select n.tenant_id, n.id, model.version, n.lower_cents, n.upper_cents, n.point_cents, n.basis, n.inputs from estimated n
    on conflict (plugin_id, model_version) do update set lower_cents = excluded.lower_cents, upper_cents = excluded.upper_cents,
      point_cents = excluded.point_cents, basis = excluded.basis, inputs = excluded.inputs, estimated_at = now()
    where (revenue_estimates.lower_cents, revenue_estimates.upper_cents, revenue_estimates.basis, revenue_estimates.inputs)
      is distinct from (excluded.lower_cents, excluded.upper_cents, excluded.basis, excluded.inputs)
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone) into changed, removed;
  return changed + removed;
end $$;

revoke all on function app.take_crawl_turn, app.keep_answer from public;
grant execute on function app.take_crawl_turn, app.keep_answer to granary_worker;
