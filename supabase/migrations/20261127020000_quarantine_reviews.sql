-- What people decide about rows in quarantine, beside the rows themselves, which stay as the load left them; and attempts to
-- put such rows into the dataset after all.

-- Of a quarantined row that somebody decided about, or that was tried again; every other one is open, at revision 0.
create table public.quarantine_reviews (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  number bigint not null,
  -- counts the decisions: whoever decides names the last one that they saw
  revision integer not null check (revision >= 0),
  -- dismissed: somebody left it where it is, and it stays counted; replayed: it is in the dataset, and counts as loaded
  state text not null check (state in ('open', 'dismissed', 'replayed')),
  -- what is read instead of the row's text
  correction text,
  corrected_by uuid,
  corrected_at timestamptz,
  -- why it did not fit when it was tried last; null: what the load said
  reason text,
  column_name text,
  dismissal text,
  dismissed_by uuid,
  dismissed_at timestamptz,
  replayed_into uuid,
  replayed_change_set integer,
  primary key (tenant_id, version_id, number),
  foreign key (tenant_id, version_id, number) references public.quarantined_rows (tenant_id, version_id, number) on delete cascade,
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, corrected_by) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, dismissed_by) references public.memberships (tenant_id, user_id),
  -- the version that the row went into may go; that the row was replayed stays true
  foreign key (tenant_id, replayed_into, replayed_change_set)
    references public.dataset_change_sets (tenant_id, version_id, number) on delete set null (replayed_into, replayed_change_set),
  check (num_nonnulls(correction, corrected_by, corrected_at) in (0, 3)),
  check (num_nonnulls(dismissal, dismissed_by, dismissed_at) = case when state = 'dismissed' then 3 else 0 end),
  check (reason is not null or column_name is null),
  check ((replayed_into is null) = (replayed_change_set is null)),
  check (replayed_into is null or state = 'replayed')
);
create index quarantine_reviews_dataset on public.quarantine_reviews (tenant_id, dataset_id, version_id);
create index quarantine_reviews_corrector on public.quarantine_reviews (tenant_id, corrected_by);
create index quarantine_reviews_dismisser on public.quarantine_reviews (tenant_id, dismissed_by);
create index quarantine_reviews_replayed on public.quarantine_reviews (tenant_id, replayed_into, replayed_change_set);

-- One attempt to put quarantined rows of a version into the dataset.
create table public.quarantine_replays (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  dataset_id uuid not null,
  -- the delivery whose rows they are
  version_id uuid not null,
  -- which rows, and how they are to be read, as it was asked for
  request jsonb not null,
  state app.load_state not null default 'queued',
  attempt integer not null default 0,
  -- in the dataset now; attempted, and still in quarantine
  replayed bigint,
  refused bigint,
  -- where they went, by number: that version may be gone
  into_version integer,
  change_set integer,
  error jsonb,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check (state <> 'ready' or num_nulls(replayed, refused) = 0),
  check ((into_version is null) = (change_set is null)),
  check ((state in ('ready', 'failed')) = (finished_at is not null)),
  check ((state = 'failed') = (error is not null))
);
create unique index quarantine_replays_id on public.quarantine_replays (id);
create index quarantine_replays_version on public.quarantine_replays (tenant_id, dataset_id, version_id);
create index quarantine_replays_creator on public.quarantine_replays (tenant_id, created_by);

alter table public.quarantine_reviews enable row level security, force row level security;
alter table public.quarantine_replays enable row level security, force row level security;
create policy quarantine_reviews_read on public.quarantine_reviews for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy quarantine_replays_read on public.quarantine_replays for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
grant select on public.quarantine_reviews, public.quarantine_replays to authenticated, granary_worker;
grant update (state, attempt, error, started_at, finished_at) on public.quarantine_replays to granary_worker;

-- The tables that rows are replayed through belong to a version that is gone when its transaction ends. It has no number of
-- its own, so that the numbers that people see have no gaps.
alter table public.dataset_versions drop constraint dataset_versions_number_check,
  add constraint dataset_versions_number_check check (number > 0 or (number = 0 and state = 'loading' and original_sha256 is null));

select jobs.create_queue('dataset.replay', '{"policy": "standard", "retryLimit": 4, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');
