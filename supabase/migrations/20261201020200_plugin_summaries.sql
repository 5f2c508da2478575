-- What a language model makes of a plugin's page: a summary and tags, beside the facts and never among them (docs/adr/0044). Of public
-- plugins for everybody, of an organization's own for it alone; answers are kept for each owner apart, so that nobody learns from a
-- fast answer what another one asked.
create table public.plugin_summaries (
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  plugin_id uuid primary key,
  state text not null default 'queued' check (state in ('queued', 'made', 'refused')),
  -- the page says something else than what it was made from
  is_stale boolean not null default false,
  queued_at timestamptz not null default now(),
  prompt_hash text check (prompt_hash ~ '^[0-9a-f]{64}$'),
  prompt_version integer,
  model_name text,
  model_version text,
  summary text check (char_length(summary) <= 600),
  tags text[],
  -- why the model's answer was not taken
  problem text check (char_length(problem) <= 200),
  made_at timestamptz,
  foreign key (owner_id, plugin_id) references public.plugins (owner_id, id) on delete cascade,
  check ((summary is null) = (tags is null)),
  check ((made_at is null) = (prompt_hash is null))
);
create index plugin_summaries_tenant on public.plugin_summaries (tenant_id) where tenant_id is not null;
create index plugin_summaries_owner on public.plugin_summaries (owner_id, plugin_id);

create table public.language_model_answers (
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  -- of the model, the prompt's version and every word of it
  prompt_hash text not null check (prompt_hash ~ '^[0-9a-f]{64}$'),
  model_name text not null,
  model_version text not null,
  prompt_version integer not null,
  -- as it was checked: {summary, tags}, or {problem}
  answer jsonb not null check (pg_column_size(answer) <= 8192),
  prompt_tokens integer not null check (prompt_tokens >= 0),
  answer_tokens integer not null check (answer_tokens >= 0),
  created_at timestamptz not null default now(),
  primary key (owner_id, prompt_hash)
);
create index language_model_answers_tenant on public.language_model_answers (tenant_id) where tenant_id is not null;

do $$
declare
  each text;
begin
  foreach each in array '{plugin_summaries,language_model_answers}'::text[] loop
    execute format('alter table public.%I enable row level security, force row level security', each);
    execute format($f$create policy %I on public.%I for select to authenticated using (
      (tenant_id is null and cardinality((select app.tenants_with('plugin:read'))::uuid[]) > 0)
      or tenant_id = any ((select app.tenants_with('plugin:read'))::uuid[]))$f$, each || '_read', each);
    execute format('grant select on public.%I to granary_worker', each);
  end loop;
end $$;
grant select on public.plugin_summaries to authenticated;
grant insert (tenant_id, prompt_hash, model_name, model_version, prompt_version, answer, prompt_tokens, answer_tokens)
  on public.language_model_answers to granary_worker;
grant update (state, is_stale, queued_at, prompt_hash, prompt_version, model_name, model_version, summary, tags, problem, made_at)
  on public.plugin_summaries to granary_worker;

-- What was spent, of each owner and UTC day.
create table jobs.language_model_days (
  day date not null,
  owner_id uuid not null,
  tokens bigint not null default 0,
  primary key (day, owner_id)
);
alter table jobs.language_model_days enable row level security, force row level security;
create policy worker_only on jobs.language_model_days to granary_worker using (true);

select jobs.create_queue('plugin.summarize', '{"policy": "standard", "retryLimit": 3, "retryDelay": 60, "retryBackoff": true,
  "retryDelayMax": 3600, "expireInSeconds": 600, "heartbeatSeconds": 10, "deadLetter": "dead"}');

create function app.summary_is_stale() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update public.plugin_summaries s set is_stale = true where s.plugin_id = new.id and not s.is_stale;
  return null;
end $$;
create trigger plugins_summary_is_stale
  after update of name, summary, description, categories, permissions, works_with, pricing_text on public.plugins for each row
  when ((old.name, old.summary, old.description, old.categories, old.permissions, old.works_with, old.pricing_text)
    is distinct from (new.name, new.summary, new.description, new.categories, new.permissions, new.works_with, new.pricing_text))
  execute function app.summary_is_stale();

-- The worker's: queues plugins that have no summary by this model and prompt of what their page says now, most used first. Also what
-- was queued a day ago and has none yet: the day's tokens were spent, or its job was given up. Answers how many.
create function app.queue_summaries(model_name text, model_version text, prompt_version integer, most integer, least_users bigint, own boolean)
  returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  plugin record;
  queued integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('granary summaries', 0));
  for plugin in
    select p.id, p.tenant_id from public.plugins p
    left join public.plugin_summaries s on s.plugin_id = p.id
    where p.users >= least_users and p.state = 'available' and (p.tenant_id is null or own)
      and coalesce(p.summary, p.description) is not null
      and (s.plugin_id is null or (s.state = 'queued' and s.queued_at < now() - interval '1 day')
        or (s.state <> 'queued' and (s.is_stale
          or (s.model_name, s.model_version, s.prompt_version)
            is distinct from (queue_summaries.model_name, queue_summaries.model_version, queue_summaries.prompt_version))))
    order by p.users desc, p.id limit most
  loop
    insert into public.plugin_summaries as s (tenant_id, plugin_id) values (plugin.tenant_id, plugin.id)
      on conflict on constraint plugin_summaries_pkey do update set state = 'queued', queued_at = now();
    perform app.enqueue_system('plugin.summarize', jsonb_build_object('pluginId', plugin.id));
    queued := queued + 1;
  end loop;
  return queued;
end $$;

-- The worker's, before it asks: whether so many tokens are left today, of all owners' and of this organization's, which has a tenth.
-- They are spent then, whatever becomes of the worker.
create function app.spend_model_tokens(tenant uuid, wanted bigint, most bigint) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  today constant date := (now() at time zone 'UTC')::date;
  owner constant uuid := coalesce(tenant, app.installation_id());
begin
  perform pg_advisory_xact_lock(hashtextextended('granary language model', 0));
  if (select coalesce(sum(d.tokens), 0) from jobs.language_model_days d where d.day = today) + wanted > most
      or (tenant is not null and wanted + coalesce((select d.tokens from jobs.language_model_days d
        where d.day = today and d.owner_id = owner), 0) > most / 10) then
    return false;
  end if;
  insert into jobs.language_model_days as d (day, owner_id, tokens) values (today, owner, wanted)
    on conflict (day, owner_id) do update set tokens = d.tokens + wanted;
  delete from jobs.language_model_days d where d.day < today - 90;
  return true;
end $$;

-- The worker's, once it knows: fewer or more were used than it thought.
create function app.correct_model_tokens(tenant uuid, difference bigint) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update jobs.language_model_days d set tokens = greatest(0, d.tokens + difference)
    where d.day = (now() at time zone 'UTC')::date and d.owner_id = coalesce(tenant, app.installation_id());
end $$;

revoke all on function app.summary_is_stale, app.queue_summaries, app.spend_model_tokens, app.correct_model_tokens from public;
grant execute on function app.queue_summaries, app.spend_model_tokens, app.correct_model_tokens to granary_worker;
