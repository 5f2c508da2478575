-- The daily feed of public snapshots (docs/adr/0033): which days are to be made, or made again since something was added to them.
create table public.feeds (
  name text primary key,
  -- every change below it has made its day due
  horizon bigint not null default -9223372036854775808
);
create table public.feed_days (
  feed text not null references public.feeds (name) on delete cascade,
  day date not null,
  -- counts what made it due; made is what it was when the files were begun
  due bigint not null default 1,
  made bigint not null default 0,
  -- what the files hold: rows, bytes, sha256, columns
  manifest jsonb,
  made_at timestamptz,
  primary key (feed, day)
);
create index feed_days_due on public.feed_days (feed, day) where due > made;
insert into public.feeds (name) values ('plugin_snapshots');

-- Notes the days of all changes since it was called last, in commit order, so that none is missed; returns how many.
create function app.note_feed_changes(wanted text) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  feed public.feeds;
  oldest_running constant bigint := app.audit_horizon();
  noted bigint;
begin
  select * into feed from public.feeds f where f.name = wanted for update;
  -- the database was restored on another server, which counts transactions from lower numbers
  if feed.horizon > oldest_running then
    update public.plugin_snapshots s set change = s.change - m.most - 1
      from (select max(change) as most from public.plugin_snapshots) m where s.change >= oldest_running;
    feed.horizon := -9223372036854775808;
  end if;
  insert into public.feed_days as d (feed, day)
    select distinct feed.name, s.day from public.plugin_snapshots s
    where s.tenant_id is null and s.change >= feed.horizon and s.change < oldest_running
    on conflict on constraint feed_days_pkey do update set due = d.due + 1;
  get diagnostics noted = row_count;
  update public.feeds f set horizon = oldest_running where f.name = feed.name;
  return noted;
end $$;
revoke all on function app.note_feed_changes from public;
grant execute on function app.note_feed_changes to granary_worker;

alter table public.feeds enable row level security, force row level security;
create policy feeds_read on public.feeds for select to authenticated using (false);
alter table public.feed_days enable row level security, force row level security;
create policy feed_days_read on public.feed_days for select to authenticated
  using (cardinality((select app.tenants_with('plugin:read'))::uuid[]) > 0);
grant select (feed, day, manifest, made_at) on public.feed_days to authenticated;
grant select on public.feed_days to granary_worker;
grant update (made, manifest, made_at) on public.feed_days to granary_worker;
