import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';

/** Makes a role, or changes the one with this id; its id. The database refuses what the caller lacks. */
export async function writeRole(
  db: TenantDb,
  roleId: string | null,
  { name, permissions }: { readonly name: string; readonly permissions: readonly string[] },
): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select app.write_role(${roleId}::uuid, ${name}, ${permissions}::text[]) as id`.execute(db);
  return rows[0]!.id;
}
