-- Keeps what can be searched in step with what there is: a trigger notes the change, and queues the job with it.
select jobs.create_queue('search.index', '{"policy": "standard", "retryLimit": 8, "retryDelay": 5, "retryBackoff": true,
  "retryDelayMax": 3600, "expireInSeconds": 3600, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- One job for each source that changed, however often it did: whether there is one already is decided under the source's lock, as
-- `finish_indexing` decides it.
create function app.note_search_change(tenant uuid, dataset uuid, block uuid, edge uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  source public.search_sources;
begin
  select * into source from public.search_sources s where s.tenant_id = tenant
    and ((dataset is not null and s.dataset_id = dataset) or (block is not null and s.block_id = block) or (edge is not null and s.edge_id = edge))
    for update;
  if not found then
    insert into public.search_sources (tenant_id, dataset_id, block_id, edge_id) values (tenant, dataset, block, edge) returning * into source;
  else
    update public.search_sources s set wanted = s.wanted + 1, queued_at = case when s.indexed = s.wanted then now() else s.queued_at end
      where s.tenant_id = tenant and s.id = source.id;
    if source.indexed < source.wanted then
      return;
    end if;
  end if;
  perform app.enqueue_system('search.index', jsonb_build_object('tenantId', tenant, 'sourceId', source.id));
end $$;

create function app.dataset_is_searched() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.note_search_change(new.tenant_id, new.id, null, null);
  return null;
end $$;
create trigger dataset_is_searched after insert on public.datasets for each row execute function app.dataset_is_searched();
create trigger changed_dataset_is_searched after update of name, description, origin, current_version_id on public.datasets
  for each row when ((old.name, old.description, old.origin, old.current_version_id)
    is distinct from (new.name, new.description, new.origin, new.current_version_id))
  execute function app.dataset_is_searched();

create function app.block_is_searched() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.note_search_change(new.tenant_id, null, new.id, null);
  return null;
end $$;
create trigger block_is_searched after insert on public.blocks for each row execute function app.block_is_searched();
create trigger changed_block_is_searched after update of name, description, current_version_id on public.blocks
  for each row when ((old.name, old.description, old.current_version_id) is distinct from (new.name, new.description, new.current_version_id))
  execute function app.block_is_searched();

create function app.edge_is_searched() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.note_search_change(new.tenant_id, null, null, new.id);
  return null;
end $$;
create trigger edge_is_searched after insert on public.edges for each row execute function app.edge_is_searched();
create trigger changed_edge_is_searched after update of name, description, current_version_id on public.edges
  for each row when ((old.name, old.description, old.current_version_id) is distinct from (new.name, new.description, new.current_version_id))
  execute function app.edge_is_searched();

-- What there is already.
select app.note_search_change(d.tenant_id, d.id, null, null) from public.datasets d;
select app.note_search_change(b.tenant_id, null, b.id, null) from public.blocks b;
select app.note_search_change(e.tenant_id, null, null, e.id) from public.edges e;

-- The worker's: the passages of a source show it as it was when it was `seen`. Where it changed meanwhile, another job is queued.
create function app.finish_indexing(tenant uuid, source uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_source public.search_sources;
begin
  select * into found_source from public.search_sources s where s.tenant_id = tenant and s.id = source for update;
  if not found or found_source.indexed >= seen then
    return;
  end if;
  update public.search_sources s set indexed = seen, queued_at = now() where s.tenant_id = tenant and s.id = source;
  if found_source.wanted > seen then
    perform app.enqueue_system('search.index', jsonb_build_object('tenantId', tenant, 'sourceId', source));
  end if;
end $$;

-- The worker's: queues again what waits although its job was given up, or lost with the queue. Answers how many.
create function app.enqueue_overdue_sources(older_than interval) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  source public.search_sources;
  queued integer := 0;
begin
  for source in
    select * from public.search_sources s where s.indexed < s.wanted and s.queued_at < now() - older_than
    order by s.queued_at limit 10000 for update skip locked
  loop
    update public.search_sources s set queued_at = now() where s.tenant_id = source.tenant_id and s.id = source.id;
    perform app.enqueue_system('search.index', jsonb_build_object('tenantId', source.tenant_id, 'sourceId', source.id));
    queued := queued + 1;
  end loop;
  return queued;
end $$;

-- The worker's, when it starts: which model makes vectors from now on. Another one than before makes those of everything anew, one
-- job for each source, so that whoever dies on the way leaves the rest in the queue. Answers its id.
create function app.choose_embedding_model(model_name text, model_version text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  former uuid;
  chosen uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended('granary embedding model', 0));
  select m.id into former from public.embedding_models m order by m.chosen_at desc, m.id desc limit 1;
  insert into public.embedding_models (name, version) values (model_name, model_version)
    on conflict (name, version) do nothing returning id into chosen;
  if chosen is null then
    select m.id into chosen from public.embedding_models m where m.name = model_name and m.version = model_version;
  end if;
  if chosen is not distinct from former then
    return chosen;
  end if;
  update public.embedding_models m set chosen_at = clock_timestamp() where m.id = chosen;
  perform app.note_search_change(s.tenant_id, s.dataset_id, s.block_id, s.edge_id)
    from (select * from public.search_sources order by tenant_id, id) s;
  return chosen;
end $$;

create function app.current_embedding_model() returns uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select m.id from public.embedding_models m order by m.chosen_at desc, m.id desc limit 1);
end $$;

-- The worker's: vectors of a model have one length. A model that answers with another one is another model.
create function app.note_vector_dimensions(model uuid, dimensions integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  known integer;
begin
  select m.dimensions into known from public.embedding_models m where m.id = model;
  if known is null then
    update public.embedding_models m set dimensions = note_vector_dimensions.dimensions where m.id = model and m.dimensions is null;
    select m.dimensions into known from public.embedding_models m where m.id = model;
  end if;
  if known is distinct from note_vector_dimensions.dimensions then
    raise exception using errcode = 'GR412',
      message = format('the embedding model made vectors of %s numbers, and now of %s: name it as another one', known, note_vector_dimensions.dimensions);
  end if;
end $$;

-- What a passage is found by. Not reduced as well, because whoever searches may write another language than the passage is in.
create function app.passage_lexemes(language text, title text, body text) returns tsvector
  language plpgsql stable set search_path = '' as $$
begin
  return setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector(language::regconfig, title), 'A')
    || to_tsvector('simple', body) || to_tsvector(language::regconfig, body);
end $$;

-- The sign of each number.
create function app.sign_bits(vector real[]) returns bit varying
  language plpgsql immutable set search_path = '' as $$
begin
  return (select string_agg(case when x >= 0 then '1' else '0' end, '' order by at)::bit varying
    from unnest(vector) with ordinality as v (x, at));
end $$;

revoke all on function app.note_search_change, app.dataset_is_searched, app.block_is_searched, app.edge_is_searched, app.finish_indexing,
  app.enqueue_overdue_sources, app.choose_embedding_model, app.current_embedding_model, app.note_vector_dimensions, app.passage_lexemes, app.sign_bits from public;
grant execute on function app.finish_indexing, app.enqueue_overdue_sources, app.choose_embedding_model, app.current_embedding_model,
  app.note_vector_dimensions, app.passage_lexemes, app.sign_bits to granary_worker;
