-- With the extension pgvector, the vectors of the chosen model get an HNSW index, and search uses it; without it, the scan of signs
-- does. Nothing else depends on the extension, so that it can come and go.

-- The name of the index of a model; null where there is none.
create function app.vector_index_of(model uuid) returns regclass
  language plpgsql stable set search_path = '' as $$
begin
  return to_regclass('public.passage_vectors_hnsw_' || replace(model::text, '-', ''));
end $$;

-- The worker's, now and then: makes the index of the model that was chosen last, and drops those of others. Whoever writes vectors waits
-- while it is made. Answers what it did, or why nothing can be done; null where there is nothing to do.
create function app.maintain_vector_index() returns text
  language plpgsql volatile security definer set search_path = '' set statement_timeout = 0 as $$
declare
  home constant name := (select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector');
  model public.embedding_models;
  other name;
begin
  if home is null then
    return 'the extension vector is not installed';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('granary vector index', 0));
  select * into model from public.embedding_models m order by m.chosen_at desc, m.id desc limit 1;
  for other in
    select i.relname from pg_catalog.pg_class i join pg_catalog.pg_index x on x.indexrelid = i.oid
    where x.indrelid = 'public.passage_vectors'::regclass and i.relname like 'passage\_vectors\_hnsw\_%'
      and i.relname is distinct from 'passage_vectors_hnsw_' || replace(model.id::text, '-', '')
  loop
    execute format('drop index public.%I', other);
  end loop;
  if model.dimensions is null or app.vector_index_of(model.id) is not null then
    return null;
  end if;
  if model.dimensions > 2000 then
    return format('%s dimensions are more than an HNSW index takes', model.dimensions);
  end if;
  execute format('create index %I on public.passage_vectors using hnsw ((vector::%I.vector(%s)) %I.vector_ip_ops) where model_id = %L and vector is not null',
    'passage_vectors_hnsw_' || replace(model.id::text, '-', ''), home, model.dimensions, home, model.id);
  return format('made the index of %s', model.name);
end $$;

-- As before, by the index where there is one: it is gone through until enough of it passes the filter.
create or replace function app.nearest_passages(tenant uuid, sources uuid[], model uuid, vector real[], most integer, candidates integer)
  returns table (passage_id uuid, nearness real)
  language plpgsql stable set search_path = '' rows 50 as $$
declare
  signs bit varying;
  home name;
begin
  if app.vector_index_of(model) is not null then
    home := (select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector');
    perform set_config('hnsw.iterative_scan', 'relaxed_order', true);
    return query execute format('
      select c.id, (-c.distance)::real from (
        select v.passage_id as id, (v.vector::%1$I.vector(%2$s)) operator(%1$I.<#>) $1::%1$I.vector(%2$s) as distance
        from public.passage_vectors v
        where v.model_id = %3$L and v.vector is not null and v.tenant_id = $2 and v.source_id = any ($3)
        order by (v.vector::%1$I.vector(%2$s)) operator(%1$I.<#>) $1::%1$I.vector(%2$s) limit $4) c
      order by c.distance, c.id', home, cardinality(vector), model) using vector, tenant, sources, most;
    return;
  end if;
  signs := app.sign_bits(vector);
  return query
    with candidate as materialized (
      select v.passage_id as id
      from public.passage_vectors v join unnest(sources) s on s = v.source_id
      where v.tenant_id = tenant and v.model_id = model and v.bits is not null
      order by bit_count(v.bits # signs) limit candidates)
    select c.id, (select sum(a * b)::real from unnest(v.vector, nearest_passages.vector) as pair (a, b)) as near
    from candidate c join public.passage_vectors v on v.tenant_id = tenant and v.passage_id = c.id
    order by near desc, c.id limit most;
end $$;

revoke all on function app.vector_index_of, app.maintain_vector_index from public;
grant execute on function app.maintain_vector_index to granary_worker;
