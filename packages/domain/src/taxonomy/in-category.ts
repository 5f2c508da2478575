import { type RawBuilder, sql } from 'kysely';

/** Ids of blocks, or edges, that stand in a category or below it; none where there is no such category. */
export const idsInCategory = (kind: 'block' | 'edge', categoryId: string): RawBuilder<string> =>
  sql<string>`(select t.${sql.ref(`${kind}_id`)} from ${sql.table(`${kind}_taxonomies`)} t
    where t.category_id = any ((select app.categories_below(${categoryId}::uuid))::uuid[]))`;
