import type { SystemDb } from '@granary/db';
import { companyName } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { MergedPlugin } from './merge-plugin.ts';

const developerOf = ({ cells }: MergedPlugin) =>
  typeof cells.developer_name === 'string' ? companyName(cells.developer_name) : null;

/** The company of each plugin's developer, by the plugin's id; those that nobody knew yet are made. */
export async function companyIds(
  db: SystemDb,
  tenantId: string | null,
  plugins: readonly MergedPlugin[],
): Promise<Map<string, string>> {
  const developers = plugins.map(developerOf).filter((each) => each !== null);
  const wanted = new Map(developers.map((each) => [each.slug, each]));
  const slugs = [...wanted.keys()].sort();
  if (slugs.length === 0) return new Map();
  const select = async () => {
    const rows = await db
      .selectFrom('companies')
      .select(['id', 'slug'])
      .where('owner_id', '=', sql<string>`coalesce(${tenantId}::uuid, app.installation_id())`)
      .where(sql<boolean>`slug = any (${slugs}::text[])`)
      .execute();
    return new Map(rows.map(({ slug, id }) => [slug, id]));
  };
  let known = await select();
  const unknown = slugs.filter((slug) => !known.has(slug));
  if (unknown.length > 0) {
    await sql`
      insert into companies (tenant_id, id, root_id, slug, name)
      select ${tenantId}::uuid, id, id, slug, name from (
        select app.uuidv7() as id, slug, name
        from unnest(${unknown}::text[], ${unknown.map((slug) => wanted.get(slug)!.name)}::text[]) as made (slug, name)) made
      order by slug collate "C"
      on conflict (owner_id, slug) do nothing`.execute(db);
    known = await select();
  }
  return new Map(
    plugins.flatMap((plugin) => {
      const id = known.get(developerOf(plugin)?.slug ?? '');
      return id === undefined ? [] : [[plugin.id, id] as const];
    }),
  );
}
