-- Searching within a category, or what is below it. A dataset is in the categories of the blocks that are made of it.
create function app.source_categories(tenant uuid, source public.search_sources) returns uuid[]
  language plpgsql stable set search_path = '' as $$
begin
  return array(
    select t.category_id from public.block_taxonomies t where t.tenant_id = tenant and t.block_id = source.block_id
    union select t.category_id from public.edge_taxonomies t where t.tenant_id = tenant and t.edge_id = source.edge_id
    union select t.category_id from public.blocks b
      join public.block_taxonomies t on t.tenant_id = tenant and t.block_id = b.id
      where b.tenant_id = tenant and b.dataset_id = source.dataset_id
    order by 1);
end $$;

-- As before, and of these only those in the category or below. Whoever may not see the categories finds nothing by them.
create or replace function app.readable_sources(kinds text[], category uuid) returns setof uuid
  language plpgsql stable security definer set search_path = '' rows 1000 as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  datasets constant uuid[] := app.datasets_with('read');
  below uuid[];
begin
  if category is not null then
    if app.may('taxonomy:read', tenant) is not true then
      return;
    end if;
    below := app.subtree_of(tenant, category);
  end if;
  if 'dataset' = any (kinds) then
    return query select s.id from public.search_sources s join unnest(datasets) d on d = s.dataset_id
      where s.tenant_id = tenant and (category is null or s.dataset_id in (
        select b.dataset_id from public.block_taxonomies t join public.blocks b on b.tenant_id = tenant and b.id = t.block_id
        where t.tenant_id = tenant and t.category_id = any (below) and b.dataset_id is not null));
  end if;
  if 'block' = any (kinds) and app.may('block:read', tenant) then
    return query select s.id from public.blocks b join public.search_sources s on s.tenant_id = tenant and s.block_id = b.id
      where b.tenant_id = tenant and (b.dataset_id is null or b.dataset_id in (select unnest(datasets)))
        and (category is null or b.id in (
          select t.block_id from public.block_taxonomies t where t.tenant_id = tenant and t.category_id = any (below)));
  end if;
  if 'edge' = any (kinds) and app.may('edge:read', tenant) then
    return query select s.id from public.edges e join public.search_sources s on s.tenant_id = tenant and s.edge_id = e.id
      where e.tenant_id = tenant and (e.dataset_ids = '{}' or e.dataset_ids <@ datasets)
        and (category is null or e.id in (
          select t.edge_id from public.edge_taxonomies t where t.tenant_id = tenant and t.category_id = any (below)));
  end if;
end $$;

-- Where vectors are in another database, it filters by the categories that it was given: they are told when they change. What is going
-- with its block or edge is none of ours.
create function app.categories_are_searched() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  link constant jsonb := to_jsonb(coalesce(new, old));
  tenant constant uuid := link ->> 'tenant_id';
  block constant uuid := link ->> 'block_id';
  edge constant uuid := link ->> 'edge_id';
  dataset constant uuid := (select b.dataset_id from public.blocks b where b.tenant_id = tenant and b.id = block);
begin
  if exists (select from public.blocks b where b.tenant_id = tenant and b.id = block)
      or exists (select from public.edges e where e.tenant_id = tenant and e.id = edge) then
    perform app.note_search_change(tenant, null, block, edge);
  end if;
  if dataset is not null then
    perform app.note_search_change(tenant, dataset, null, null);
  end if;
  return null;
end $$;
create trigger categories_are_searched after insert or delete on public.block_taxonomies
  for each row execute function app.categories_are_searched();
create trigger categories_are_searched after insert or delete on public.edge_taxonomies
  for each row execute function app.categories_are_searched();

revoke all on function app.source_categories, app.categories_are_searched from public;
grant execute on function app.source_categories to granary_worker;
