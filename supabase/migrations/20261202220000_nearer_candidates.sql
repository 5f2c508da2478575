-- Fewer of the nearest are missed where a vector is near to nothing: the signs of the vectors that are kept are held against the query's
-- numbers in sixteen steps, not against its signs alone (as RaBitQ does: Gao and Long, SIGMOD 2024). The inner product of
-- signs and steps is a sum over the four bits of a step, each of them one AND and one count. 2.5 times the root mean square, which for a
-- vector of length 1 is known, hold all but the outermost numbers.

-- The bit of that place of the steps of each number.
create function app.step_bits(vector real[], place integer) returns bit varying
  language plpgsql immutable set search_path = '' as $$
begin
  return (select string_agg(((round((least(greatest(x * sqrt(cardinality(vector)), -2.5), 2.5) + 2.5) * 3)::integer >> place) & 1)::text, ''
    order by n)::bit varying from unnest(vector) with ordinality e (x, n));
end $$;

-- As before, where there is no index, with these and twice as many candidates.
create or replace function app.nearest_passages(tenant uuid, sources uuid[], model uuid, vector real[], most integer, candidates integer)
  returns table (passage_id uuid, nearness real)
  language plpgsql stable set search_path = '' rows 50 as $$
declare
  ones bit varying;
  twos bit varying;
  fours bit varying;
  eights bit varying;
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
  ones := app.step_bits(vector, 0);
  twos := app.step_bits(vector, 1);
  fours := app.step_bits(vector, 2);
  eights := app.step_bits(vector, 3);
  return query
    with candidate as materialized (
      select v.passage_id as id
      from public.passage_vectors v join unnest(sources) s on s = v.source_id
      where v.tenant_id = tenant and v.model_id = model and v.bits is not null
      -- of what is positive in both, how far the steps are above 7.5, which is nought
      order by 15 * bit_count(v.bits) - 2 * bit_count(v.bits & ones) - 4 * bit_count(v.bits & twos)
        - 8 * bit_count(v.bits & fours) - 16 * bit_count(v.bits & eights)
      limit 2 * candidates)
    select c.id, (select sum(a * b)::real from unnest(v.vector, nearest_passages.vector) as pair (a, b)) as near
    from candidate c join public.passage_vectors v on v.tenant_id = tenant and v.passage_id = c.id
    order by near desc, c.id limit most;
end $$;

revoke all on function app.step_bits from public;
