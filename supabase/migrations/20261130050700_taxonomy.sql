-- Categories in a tree per organization, for blocks and edges; imported from and exported as SKOS. docs/adr/0036-taxonomy.md
create table public.taxonomy_categories (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  parent_id uuid,
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  -- as SKOS has them: the language of the name, other names as [{"value", "language"}], what it means, and its IRI elsewhere
  language text check (language ~ '^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$'),
  alt_labels jsonb not null default '[]' check (jsonb_typeof(alt_labels) = 'array'),
  definition text not null default '' check (char_length(definition) <= 10000),
  uri text check (uri ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$' and char_length(uri) <= 2000),
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint taxonomy_categories_name unique nulls not distinct (tenant_id, parent_id, name),
  constraint taxonomy_categories_uri unique (tenant_id, uri),
  foreign key (tenant_id, parent_id) references public.taxonomy_categories (tenant_id, id),
  check (parent_id <> id)
);
create unique index taxonomy_categories_id on public.taxonomy_categories (id);

create table public.block_taxonomies (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  block_id uuid not null,
  category_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint block_taxonomies_once unique (tenant_id, block_id, category_id),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, category_id) references public.taxonomy_categories (tenant_id, id)
);
create index block_taxonomies_category on public.block_taxonomies (tenant_id, category_id, block_id);
create table public.edge_taxonomies (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  edge_id uuid not null,
  category_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint edge_taxonomies_once unique (tenant_id, edge_id, category_id),
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, category_id) references public.taxonomy_categories (tenant_id, id)
);
create index edge_taxonomies_category on public.edge_taxonomies (tenant_id, category_id, edge_id);

alter table public.taxonomy_categories enable row level security, force row level security;
alter table public.block_taxonomies enable row level security, force row level security;
alter table public.edge_taxonomies enable row level security, force row level security;
create policy taxonomy_categories_read on public.taxonomy_categories for select to authenticated
  using (tenant_id = any ((select app.tenants_with('taxonomy:read'))::uuid[]));
create policy block_taxonomies_read on public.block_taxonomies for select to authenticated
  using (tenant_id = any ((select app.tenants_with('taxonomy:read'))::uuid[])
    and exists (select from public.blocks b where b.tenant_id = block_taxonomies.tenant_id and b.id = block_id));
create policy edge_taxonomies_read on public.edge_taxonomies for select to authenticated
  using (tenant_id = any ((select app.tenants_with('taxonomy:read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_taxonomies.tenant_id and e.id = edge_id));
grant select on public.taxonomy_categories, public.block_taxonomies, public.edge_taxonomies to authenticated, granary_worker;

-- The tree of the active organization, which nobody else changes until the transaction ends: where a category may go depends on where
-- the others are, and two moves that are each harmless can close a circle.
create function app.lock_taxonomy() returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  if app.may('taxonomy:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission taxonomy:write';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('taxonomy:' || tenant, 0));
  return tenant;
end $$;

-- SQLSTATE GR404; GR409: it was changed since the caller saw it. The tree is locked.
create function app.category_in(tenant uuid, category uuid, seen integer) returns public.taxonomy_categories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.taxonomy_categories;
begin
  select c.* into target from public.taxonomy_categories c where c.tenant_id = tenant and c.id = category for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such category';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the category was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

-- The category and all that stands below it.
create function app.subtree_of(tenant uuid, category uuid) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    with recursive below as (
      select c.id from public.taxonomy_categories c where c.tenant_id = tenant and c.id = category
      union
      select c.id from below join public.taxonomy_categories c on c.tenant_id = tenant and c.parent_id = below.id)
    select id from below);
end $$;

-- The same for who may see the tree: what a search asks. Empty where there is none.
create function app.categories_below(category uuid) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  return case when app.may('taxonomy:read', tenant) then app.subtree_of(tenant, category) else '{}' end;
end $$;

-- SQLSTATE GR400: it would stand below itself.
create function app.require_outside(tenant uuid, category uuid, target uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if target = any (app.subtree_of(tenant, category)) then
    raise exception using errcode = 'GR400', message = 'a category cannot stand below itself';
  end if;
end $$;

create function app.create_category(parent uuid, name text, definition text) returns public.taxonomy_categories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  made public.taxonomy_categories;
begin
  if parent is not null then
    perform app.category_in(tenant, parent, null);
  end if;
  insert into public.taxonomy_categories (tenant_id, parent_id, name, definition)
    values (tenant, parent, create_category.name, create_category.definition) returning * into made;
  return made;
end $$;

-- `changes`: what is to be otherwise of name and definition.
create function app.update_category(category uuid, seen integer, changes jsonb) returns public.taxonomy_categories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  target public.taxonomy_categories := app.category_in(tenant, category, seen);
begin
  update public.taxonomy_categories c set name = coalesce(changes ->> 'name', c.name),
      definition = coalesce(changes ->> 'definition', c.definition), revision = c.revision + 1, updated_at = now()
    where c.tenant_id = tenant and c.id = target.id returning * into target;
  return target;
end $$;

-- With all that stands below it. parent null: to the top.
create function app.move_category(category uuid, seen integer, parent uuid) returns public.taxonomy_categories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  target public.taxonomy_categories := app.category_in(tenant, category, seen);
begin
  if parent is not null then
    perform app.category_in(tenant, parent, null);
    perform app.require_outside(tenant, target.id, parent);
  end if;
  update public.taxonomy_categories c set parent_id = parent, revision = c.revision + 1, updated_at = now()
    where c.tenant_id = tenant and c.id = target.id returning * into target;
  return target;
end $$;

-- Gives what a category holds to another one, children of the same name to each other, and removes it. The tree is locked.
create function app.empty_category(tenant uuid, source uuid, target uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  child record;
begin
  -- out of the way of a child of its own that has its name
  update public.taxonomy_categories c set name = c.id::text where c.tenant_id = tenant and c.id = source;
  for child in
    select c.id, twin.id as twin from public.taxonomy_categories c
    left join public.taxonomy_categories twin on twin.tenant_id = tenant and twin.parent_id = target and twin.name = c.name
    where c.tenant_id = tenant and c.parent_id = source
  loop
    if child.twin is null then
      update public.taxonomy_categories c set parent_id = target, revision = c.revision + 1, updated_at = now()
        where c.tenant_id = tenant and c.id = child.id;
    else
      perform app.empty_category(tenant, child.id, child.twin);
    end if;
  end loop;
  insert into public.block_taxonomies (tenant_id, block_id, category_id)
    select tenant, t.block_id, target from public.block_taxonomies t where t.tenant_id = tenant and t.category_id = source
    on conflict on constraint block_taxonomies_once do nothing;
  delete from public.block_taxonomies t where t.tenant_id = tenant and t.category_id = source;
  insert into public.edge_taxonomies (tenant_id, edge_id, category_id)
    select tenant, t.edge_id, target from public.edge_taxonomies t where t.tenant_id = tenant and t.category_id = source
    on conflict on constraint edge_taxonomies_once do nothing;
  delete from public.edge_taxonomies t where t.tenant_id = tenant and t.category_id = source;
  delete from public.taxonomy_categories c where c.tenant_id = tenant and c.id = source;
end $$;

-- Makes two one: the other one gets the children, the blocks and the edges, and remembers the name. SQLSTATE GR400: it stands below.
create function app.merge_category(category uuid, seen integer, into_category uuid) returns public.taxonomy_categories
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  source constant public.taxonomy_categories := app.category_in(tenant, category, seen);
  target public.taxonomy_categories := app.category_in(tenant, into_category, null);
begin
  perform app.require_outside(tenant, source.id, target.id);
  perform app.empty_category(tenant, source.id, target.id);
  update public.taxonomy_categories c set
      alt_labels = (select coalesce(jsonb_agg(distinct l), '[]') from jsonb_array_elements(c.alt_labels || source.alt_labels
        || case when source.name = c.name then '[]' else jsonb_build_array(jsonb_build_object('value', source.name, 'language', source.language)) end) l),
      revision = c.revision + 1, updated_at = now()
    where c.tenant_id = tenant and c.id = target.id returning * into target;
  return target;
end $$;

-- What it holds goes to `successor`; without one, only what holds nothing is deleted (GR412).
create function app.delete_category(category uuid, seen integer, successor uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  target constant public.taxonomy_categories := app.category_in(tenant, category, seen);
  held jsonb;
begin
  if successor is not null then
    perform app.category_in(tenant, successor, null);
    perform app.require_outside(tenant, target.id, successor);
    perform app.empty_category(tenant, target.id, successor);
    return;
  end if;
  held := jsonb_strip_nulls(jsonb_build_object(
    'categories', (select nullif(count(*), 0) from public.taxonomy_categories c where c.tenant_id = tenant and c.parent_id = target.id),
    'blocks', (select nullif(count(*), 0) from public.block_taxonomies t where t.tenant_id = tenant and t.category_id = target.id),
    'edges', (select nullif(count(*), 0) from public.edge_taxonomies t where t.tenant_id = tenant and t.category_id = target.id)));
  if held <> '{}' then
    raise exception using errcode = 'GR412', message = 'the category is not empty: name one that takes what it holds',
      detail = held::text;
  end if;
  delete from public.taxonomy_categories c where c.tenant_id = tenant and c.id = target.id;
end $$;

-- The categories that a block, or an edge, stands in; no others. SQLSTATE GR404: no such block, or category.
create function app.categorize(block uuid, edge uuid, categories uuid[]) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  perform app.require_dependent(block, edge);
  -- categories stay where they are meanwhile
  perform pg_advisory_xact_lock_shared(hashtextextended('taxonomy:' || tenant, 0));
  if exists (select unnest(categories) except select c.id from public.taxonomy_categories c where c.tenant_id = tenant) then
    raise exception using errcode = 'GR404', message = 'no such category';
  end if;
  if block is not null then
    delete from public.block_taxonomies t where t.tenant_id = tenant and t.block_id = block and t.category_id <> all (categories);
    insert into public.block_taxonomies (tenant_id, block_id, category_id) select distinct tenant, block, unnest(categories)
      on conflict on constraint block_taxonomies_once do nothing;
  else
    delete from public.edge_taxonomies t where t.tenant_id = tenant and t.edge_id = edge and t.category_id <> all (categories);
    insert into public.edge_taxonomies (tenant_id, edge_id, category_id) select distinct tenant, edge, unnest(categories)
      on conflict on constraint edge_taxonomies_once do nothing;
  end if;
end $$;

-- By its IRI, or where it has none by the one that its id makes.
create function app.category_by_iri(tenant uuid, iri text) returns public.taxonomy_categories
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_category public.taxonomy_categories;
begin
  select c.* into found_category from public.taxonomy_categories c where c.tenant_id = tenant and c.uri = iri;
  if not found and iri ~ '^urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
    select c.* into found_category from public.taxonomy_categories c
      where c.tenant_id = tenant and c.id = substr(iri, 10)::uuid and c.uri is null;
  end if;
  return found_category;
end $$;

-- Concepts, parents first: [{"uri", "parent": uri or null, "name", "language", "altLabels", "definition"}]. One that is there by its
-- IRI becomes as it is said to be, and one of the same name below the same parent, if it has no IRI, is taken for it; what is not
-- mentioned stays. A top concept that is there already stays where it is. Returns how many were made and how many changed.
create function app.import_categories(concepts jsonb) returns table (created integer, changed integer)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_taxonomy();
  concept jsonb;
  parent uuid;
  target public.taxonomy_categories;
begin
  created := 0;
  changed := 0;
  for concept in select c from jsonb_array_elements(concepts) c loop
    parent := (app.category_by_iri(tenant, concept ->> 'parent')).id;
    if concept ->> 'parent' is not null and parent is null then
      raise exception using errcode = 'GR400', message = 'a broader concept is neither in the file nor in the tree',
        detail = jsonb_build_object('concept', concept ->> 'uri', 'broader', concept ->> 'parent')::text;
    end if;
    target := app.category_by_iri(tenant, concept ->> 'uri');
    if target.id is null then
      select c.* into target from public.taxonomy_categories c
        where c.tenant_id = tenant and c.parent_id is not distinct from parent and c.name = concept ->> 'name' and c.uri is null;
    end if;
    if target.id is null then
      insert into public.taxonomy_categories (tenant_id, parent_id, name, language, alt_labels, definition, uri)
        values (tenant, parent, concept ->> 'name', concept ->> 'language', concept -> 'altLabels', concept ->> 'definition', concept ->> 'uri')
        returning * into target;
      created := created + 1;
    else
      if parent is not null then
        perform app.require_outside(tenant, target.id, parent);
      end if;
      update public.taxonomy_categories c set parent_id = coalesce(parent, c.parent_id), name = concept ->> 'name',
          language = concept ->> 'language', alt_labels = concept -> 'altLabels', definition = concept ->> 'definition',
          uri = case when concept ->> 'uri' <> 'urn:uuid:' || c.id then concept ->> 'uri' end, revision = c.revision + 1, updated_at = now()
        where c.tenant_id = tenant and c.id = target.id and (coalesce(parent, c.parent_id), concept ->> 'name', concept ->> 'language',
            concept -> 'altLabels', concept ->> 'definition', case when concept ->> 'uri' <> 'urn:uuid:' || c.id then concept ->> 'uri' end)
          is distinct from (c.parent_id, c.name, c.language, c.alt_labels, c.definition, c.uri);
      if found then
        changed := changed + 1;
      end if;
    end if;
  end loop;
  return next;
end $$;

revoke all on function app.lock_taxonomy, app.category_in, app.subtree_of, app.categories_below, app.require_outside, app.create_category,
  app.update_category, app.move_category, app.empty_category, app.merge_category, app.delete_category, app.categorize,
  app.category_by_iri, app.import_categories from public;
grant execute on function app.categories_below, app.create_category, app.update_category, app.move_category, app.merge_category,
  app.delete_category, app.categorize, app.import_categories to granary_member;
