import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { categoryColumns } from './category-query.ts';
import { category } from './schema.ts';

/** What a command made of a category. */
export async function changedCategory(db: TenantDb, command: RawBuilder<Selectable<DB['taxonomy_categories']>>) {
  return category.parse(await db.selectFrom(command.as('changed')).select(categoryColumns).executeTakeFirstOrThrow());
}
