import type { Member } from '@granary/db';
import type pg from 'pg';

/** Facts from a source of the organization's own. */
export async function populatePlugins(
  owner: pg.Pool,
  { tenantId, userId }: Member,
): Promise<{ pluginId: string; companyId: string; watchListId: string; noteId: string }> {
  const { rows } = await owner.query<{ pluginId: string; companyId: string }>(
    `with company as (
      insert into companies (tenant_id, id, root_id, slug, name) select $1, id, id, 'theirs', 'theirs' from app.uuidv7() id returning id
    ), plugin as (
      insert into plugins (tenant_id, marketplace, external_id, state, name, description, company_id, categories, users, users_at_least,
          metric, rating, rating_count, rating_count_at_least, pricing_kind, price_amount, price_currency, price_per, first_seen_at,
          last_seen_at, field_times)
        select $1, 'theirs', 'theirs', 'available', 'theirs', 'theirs', id, '{theirs}', 5000, false, 'installs', 4.5, 10, false, 'paid', 5, 'USD',
          'month', now(), now(), '{}' from company returning id, company_id
    ), described as (
      insert into plugin_summaries (tenant_id, plugin_id, state, summary, tags, prompt_hash, made_at)
        select $1, id, 'made', 'theirs', '{theirs}', repeat('a', 64), now() from plugin
    ), answered as (
      insert into language_model_answers (tenant_id, prompt_hash, model_name, model_version, prompt_version, answer, prompt_tokens, answer_tokens)
        values ($1, repeat('a', 64), 'theirs', 'theirs', 1, '{"problem": "theirs"}', 1, 1)
    ), snapshot as (
      insert into plugin_snapshots (tenant_id, plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, origin,
          parser_name, parser_version)
        select $1, id, id, '2026-01-01Z', '2026-01-01', 'available', 5000, false, 'installs', 'live', 'theirs', 1 from plugin
    )
    select id as "pluginId", company_id as "companyId" from plugin`,
    [tenantId],
  );
  const [made] = rows;
  if (!made) throw new Error('no plugin was made');
  await owner.query('select app.estimate_plugins($1)', [[made.pluginId]]);
  const kept = await owner.query<{ watchListId: string; noteId: string }>(
    `with list as (
      insert into watch_lists (tenant_id, name, created_by) values ($1, 'theirs', $3) returning id
    ), watched as (
      insert into watch_list_plugins (tenant_id, watch_list_id, plugin_id) select $1, id, $2 from list
    ), tagged as (
      insert into plugin_tags (tenant_id, plugin_id, tag) values ($1, $2, 'theirs')
    ), note as (
      insert into plugin_notes (tenant_id, plugin_id, body, author_id) values ($1, $2, 'theirs', $3) returning id
    )
    select list.id as "watchListId", note.id as "noteId" from list, note`,
    [tenantId, made.pluginId, userId],
  );
  const [lists] = kept.rows;
  if (!lists) throw new Error('nothing was kept');
  return { ...made, ...lists };
}
