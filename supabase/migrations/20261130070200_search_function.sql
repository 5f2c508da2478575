-- Words, in every language whose words passages are reduced with, as one query: whoever searches need not say which they write.
create function app.search_words(words text) returns tsquery
  language plpgsql stable set search_path = '' as $$
declare
  language text;
  found_query tsquery := websearch_to_tsquery('simple', words);
begin
  foreach language in array '{danish,dutch,english,finnish,french,german,italian,norwegian,portuguese,russian,spanish,swedish}'::text[] loop
    found_query := found_query || websearch_to_tsquery(language::regconfig, words);
  end loop;
  return found_query;
end $$;

-- The sources of the active organization that the caller may read, of these kinds. The policies say the same; a test compares.
create function app.readable_sources(kinds text[], category uuid) returns setof uuid
  language plpgsql stable security definer set search_path = '' rows 1000 as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  datasets constant uuid[] := app.datasets_with('read');
begin
  if category is not null then
    return; -- there are no categories yet
  end if;
  if 'dataset' = any (kinds) then
    return query select s.id from public.search_sources s join unnest(datasets) d on d = s.dataset_id where s.tenant_id = tenant;
  end if;
  if 'block' = any (kinds) and app.may('block:read', tenant) then
    return query select s.id from public.blocks b join public.search_sources s on s.tenant_id = tenant and s.block_id = b.id
      where b.tenant_id = tenant and (b.dataset_id is null or b.dataset_id in (select unnest(datasets)));
  end if;
  if 'edge' = any (kinds) and app.may('edge:read', tenant) then
    return query select s.id from public.edges e join public.search_sources s on s.tenant_id = tenant and s.edge_id = e.id
      where e.tenant_id = tenant and (e.dataset_ids = '{}' or e.dataset_ids <@ datasets);
  end if;
end $$;

-- The passages nearest to a vector of length 1, among those of some sources: candidates by the distance of their signs, which is a
-- scan of a narrow table, and of these the nearest by the vectors themselves.
create function app.nearest_passages(tenant uuid, sources uuid[], model uuid, vector real[], most integer, candidates integer)
  returns table (passage_id uuid, nearness real)
  language plpgsql stable set search_path = '' rows 50 as $$
declare
  signs constant bit varying := app.sign_bits(vector);
begin
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

-- Passages that the caller may read, best first, by reciprocal rank fusion (Cormack, Clarke and Büttcher 2009; k = 60) of two orders:
-- by words, and by a vector; or instead of that by the order in which another vector database named passages. What may not be read
-- is left out before anything is ranked, so that it moves no rank, score or count. The words' rank uses nothing that is counted over all.
create function app.search_passages(words text, kinds text[], category uuid, model uuid, vector real[], named uuid[], most integer)
  returns table (passage_id uuid, score real, word_rank integer, vector_rank integer)
  language plpgsql stable security definer set search_path = '' rows 50 as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  depth constant integer := greatest(50, least(most * 4, 400));
  asked constant tsquery := app.search_words(words);
  sources constant uuid[] := array(select r from app.readable_sources(kinds, category) r);
begin
  if most is null or most not between 1 and 200 or app.may('dataset:read', tenant) is not true then
    return;
  end if;
  return query
    with by_words as (
      select p.id, row_number() over (order by ts_rank_cd(p.lexemes, asked, 1) desc, p.id) as place
      from public.search_passages p join unnest(sources) s on s = p.source_id
      where p.tenant_id = tenant and p.lexemes @@ asked
      order by place limit depth
    ), by_vector as (
      select n.passage_id as id, row_number() over (order by n.nearness desc, n.passage_id) as place
      from app.nearest_passages(tenant, sources, model, vector, depth, greatest(200, depth * 4)) n
      where vector is not null and model is not null
      union all
      select p.id, row_number() over (order by n.place) from unnest(named) with ordinality n (id, place)
      join public.search_passages p on p.tenant_id = tenant and p.id = n.id
      join unnest(sources) s on s = p.source_id
    )
    select coalesce(w.id, v.id), (coalesce(1.0 / (60 + w.place), 0) + coalesce(1.0 / (60 + v.place), 0))::real as total,
      w.place::integer, v.place::integer
    from by_words w full join by_vector v on v.id = w.id
    order by total desc, 1 limit most;
end $$;

revoke all on function app.search_words, app.readable_sources, app.nearest_passages, app.search_passages from public;
grant execute on function app.search_passages to granary_member;
