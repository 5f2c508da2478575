import type { DB } from '@granary/db';
import { type Kysely, sql } from 'kysely';
import { form } from './schema.ts';

type Db = Pick<Kysely<DB>, 'selectFrom'>;

export const selectForm = (db: Db, tenantId: string | null) =>
  db
    .selectFrom('intake_forms')
    .select(['is_open as isOpen', 'any_page as anyPage'])
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId);

/** A form that nobody has opened is closed. */
export const toForm = (rows: readonly unknown[]) => form.parse(rows[0] ?? { isOpen: false, anyPage: false });

export async function configured(db: Db, { isOpen, anyPage }: { readonly isOpen: boolean; readonly anyPage: boolean }) {
  const command = sql<DB['intake_forms']>`app.configure_intake(${isOpen}, ${anyPage})`;
  return toForm(
    await db.selectFrom(command.as('changed')).select(['is_open as isOpen', 'any_page as anyPage']).execute(),
  );
}
