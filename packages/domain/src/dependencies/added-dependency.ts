import type { TenantDb } from '@granary/db';
import { type RawBuilder, sql } from 'kysely';
import { selectDependencies } from './dependency-query.ts';
import { dependency } from './schema.ts';

/** What a command made. Read in a statement of its own: the command's does not see what the command wrote. */
export async function addedDependency(db: TenantDb, tenantId: string, command: RawBuilder<unknown>) {
  const {
    rows: [made],
  } = await sql<{ id: string }>`select id from ${command}`.execute(db);
  const [row] = (
    await db.executeQuery(
      selectDependencies(tenantId)
        .where('d.id', '=', made?.id ?? '')
        .compile(),
    )
  ).rows;
  return dependency.parse(row);
}
