-- Finding plugins by words. What full text search compares with is not leakproof, so under a policy it reads every row; these
-- functions ask themselves what the policy asks, and use the index.

-- Those that match, best first, below (`before_score`, `before_id`). `own`: the organization's alone, public ones alone, or both.
create function app.search_plugins(wanted text, marketplace text, category text, permission text, own boolean,
    before_score real, before_id uuid, at_most integer)
  returns table (plugin_id uuid, score real)
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenants constant uuid[] := app.tenants_with('plugin:read');
  asked constant tsquery := websearch_to_tsquery('pg_catalog.english', wanted) || websearch_to_tsquery('pg_catalog.simple', wanted);
begin
  return query
    select f.id, f.score from (
      select p.id, ts_rank_cd(p.words, asked, 33) as score from public.plugins p
      where p.words @@ asked
        and ((p.tenant_id is null and cardinality(tenants) > 0) or p.tenant_id = any (tenants))
        and (own is null or own = (p.tenant_id is not null))
        and (search_plugins.marketplace is null or p.marketplace = search_plugins.marketplace)
        and (category is null or exists (select from public.plugin_labels l
          where l.plugin_id = p.id and l.kind = 'category' and l.label = category))
        and (search_plugins.permission is null or exists (select from public.plugin_labels l
          where l.plugin_id = p.id and l.kind = 'permission' and l.label = search_plugins.permission))
    ) f
    where before_score is null or (f.score, f.id) < (before_score, before_id)
    order by f.score desc, f.id desc limit at_most;
end $$;

-- Those that say the same words in their name and summary, and share labels: each shared label counts the more the rarer it is.
create function app.similar_plugins(plugin uuid, own boolean, at_most integer)
  returns table (plugin_id uuid, score real, shared_labels text[])
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenants constant uuid[] := app.tenants_with('plugin:read');
  subject public.plugins;
  wanted tsquery;
begin
  select * into subject from public.plugins p where p.id = plugin
    and ((p.tenant_id is null and cardinality(tenants) > 0) or p.tenant_id = any (tenants));
  if subject.id is null then
    raise exception using errcode = 'GR404', message = 'no such plugin';
  end if;
  select string_agg('''' || replace(replace(w.lexeme, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery into wanted from (
    select u.lexeme from unnest(subject.words) u where u.weights && '{A,B}' and char_length(u.lexeme) > 2
    order by 'A' = any (u.weights) desc, char_length(u.lexeme) desc limit 24) w;
  return query
    with labels as (
      select l.kind, l.label, 1 / ln(2.0 + (select count(*) from (select from public.plugin_labels o
        where o.kind = l.kind and o.label = l.label limit 5000) counted)) as weight
      from public.plugin_labels l where l.plugin_id = subject.id
    ), by_label as (
      select o.plugin_id as id, sum(l.weight) as weight, array_agg(l.label order by l.label) as shared from labels l
      cross join lateral (select o.plugin_id from public.plugin_labels o
        where o.kind = l.kind and o.label = l.label and o.plugin_id <> subject.id limit 5000) o
      group by 1
    ), by_words as (
      select p.id, ts_rank_cd(p.words, wanted, 33) as weight from public.plugins p
      where p.words @@ wanted and p.id <> subject.id
    )
    select p.id, (coalesce(2 * w.weight, 0) + coalesce(l.weight / (select greatest(sum(a.weight), 1) from labels a), 0))::real,
      coalesce(l.shared, '{}')
    from by_words w full join by_label l on l.id = w.id join public.plugins p on p.id = coalesce(w.id, l.id)
    where ((p.tenant_id is null and cardinality(tenants) > 0) or p.tenant_id = any (tenants))
      and (own is null or own = (p.tenant_id is not null)) and p.state = 'available'
      -- the same item, as somebody's own source has it, is not a similar one
      and (p.marketplace, p.external_id) <> (subject.marketplace, subject.external_id)
    order by 2 desc, 1 limit at_most;
end $$;
revoke all on function app.search_plugins, app.similar_plugins from public;
grant execute on function app.search_plugins, app.similar_plugins to granary_member;
