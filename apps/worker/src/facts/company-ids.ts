import type { SystemDb } from '@granary/db';
import { companyName } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { HeldFields } from './held-fields.ts';
import type { MergedPlugin } from './merge-plugin.ts';
import type { Cells } from './plugin-columns.ts';

const developerOf = ({ developer_name: name }: Cells) => (typeof name === 'string' ? companyName(name) : null);

/** By how a page names them, the companies that its plugins are likely to be of. */
export const slugsOf = (read: ReadonlyMap<string, HeldFields>): string[] =>
  [...read.values()].flatMap((held) => developerOf(held.get('developer')?.cells ?? {})?.slug ?? []);

interface Known {
  readonly id: string;
  readonly slug: string;
}

export const companiesBySlug = (tenantId: string | null, slugs: readonly string[]) =>
  sql<Known>`select id, slug from companies
    where owner_id = coalesce(${tenantId}::uuid, app.installation_id()) and slug = any (${slugs}::text[])`;

/** The company of each plugin's developer, by the plugin's id, some `found` before; those that nobody knew yet are made. */
export async function companyIds(
  db: SystemDb,
  tenantId: string | null,
  plugins: readonly MergedPlugin[],
  found: readonly Known[],
): Promise<Map<string, string>> {
  const developers = plugins.map(({ cells }) => developerOf(cells)).filter((each) => each !== null);
  const wanted = new Map(developers.map((each) => [each.slug, each]));
  const known = new Map(found.map(({ slug, id }) => [slug, id]));
  const unknown = () => [...wanted.keys()].filter((slug) => !known.has(slug)).sort();
  const find = async () => {
    const { rows } = await companiesBySlug(tenantId, unknown()).execute(db);
    for (const { slug, id } of rows) known.set(slug, id);
  };
  if (unknown().length > 0) await find();
  const made = unknown();
  if (made.length > 0) {
    await sql`
      insert into companies (tenant_id, id, root_id, slug, name)
      select ${tenantId}::uuid, id, id, slug, name from (
        select app.uuidv7() as id, slug, name
        from unnest(${made}::text[], ${made.map((slug) => wanted.get(slug)!.name)}::text[]) as made (slug, name)) made
      order by slug collate "C"
      on conflict (owner_id, slug) do nothing`.execute(db);
    await find();
  }
  return new Map(
    plugins.flatMap(({ id, cells }) => {
      const company = known.get(developerOf(cells)?.slug ?? '');
      return company === undefined ? [] : [[id, company] as const];
    }),
  );
}
